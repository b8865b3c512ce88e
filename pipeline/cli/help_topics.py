"""The text of `--help NAME`: the settings of one group, choice, stage or action, as the configuration explains them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from pipeline.cli.help import group_choices
from pipeline.runtime.errors import UserError

GENERAL = "general"
"""The topic of the keys that belong to no group or stage."""


def describe_topics(words: list[str], conf: Path) -> str:
    """Return the settings that each word names: `cluster`, `cluster=kmeans`, `kmeans`, `report` or `general`.

    A group with choices is described by its default choice, and a choice in each group that has it.

    Raises:
        UserError: a word names no group, choice, stage or action with settings.
    """
    groups, sections = dict(group_choices(conf)), dict(_sections(conf / "config.yaml"))
    return "\n".join(_describe(word, conf, groups, sections) for word in words)


def _describe(word: str, conf: Path, groups: dict[str, str], sections: dict[str, str]) -> str:
    name, _, choice = word.removeprefix("stage=").partition("=")
    if name in groups:
        names = _names(groups[name])
        choice = choice or names[0]
        if choice not in names:
            raise UserError(f"--help {word}: {choice!r} is no choice of {name}; choose from {', '.join(sorted(names))}")
        text = (conf / name / f"{choice}.yaml").read_text(encoding="utf-8")
        return f"{name}={choice}; choices: {groups[name]}\n\n{_indent(text)}"
    if name in sections and not choice:
        title = "keys without a group" if name == GENERAL else f"{name}.KEY=VALUE"
        return f"{title}\n\n{_indent(sections[name])}"
    owners = [group for group, choices in groups.items() if name in _names(choices)]
    if owners and not choice:
        return "\n".join(_describe(f"{group}={name}", conf, groups, sections) for group in owners)
    from pipeline.config.error_messages import suggest

    topics = [*groups, *sections]
    raise UserError(
        f"--help {word}: no such group, and no stage with settings{suggest(name, topics)}; choose from "
        f"{', '.join(topics)}"
    )


def _names(choices: str) -> list[str]:
    """The choices of a group, the default first."""
    return [text.strip("[]") for text in choices.split()]


def _indent(text: str) -> str:
    return "".join(f"  {line}\n" for line in text.rstrip("\n").splitlines())


def _sections(file: Path) -> Iterator[tuple[str, str]]:
    """The settings of each stage and action in the root configuration, and those that belong to none."""
    after_defaults = file.read_text(encoding="utf-8").partition("\ndefaults:")[2]
    for block in re.split(r"\n\n+", after_defaults)[1:]:
        name, found, rest = block.partition(":\n")
        if not found or not name.isidentifier():
            yield GENERAL, block
        elif name != "hydra":
            yield name, re.sub(r"(?m)^  ", "", rest)
