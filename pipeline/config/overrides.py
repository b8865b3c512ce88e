"""The command line as it is typed, before Hydra reads it: order, names that look like numbers, lists of choices."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.config.run_ids import quote_run_ids
from pipeline.runtime.errors import UserError
from pipeline.runtime.paths import conf_dir

NAME_KEYS = ("output_dir", "input", "data.path", "label.answers", "tracking.experiment", "tracking.run_name")
"""Keys of files, folders and names: a folder may be named 2026."""

NUMBER = re.compile(r"[+-]?(\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(e[+-]?\d[\d_]*)?|[+-]?inf|nan", re.IGNORECASE)

GLOBAL_GROUPS = ("experiment", "sweep")
"""Groups whose files set keys of other groups, so that a list of them can be merged."""

CHOICES = re.compile(r"\+{0,2}(?P<group>[\w/]+)=\s*\[(?P<names>[^\[\]]*)\]\s*")


OPTIONS_WITH_VALUE = frozenset(
    ("-cd", "--config-dir", "-cn", "--config-name", "-cp", "--config-path", "-c", "--cfg", "-p", "--package",
     "--experimental-rerun")
)  # fmt: skip
"""Options of Hydra whose value is the next word."""

INFO_CHOICES = frozenset(("all", "config", "defaults", "defaults-tree", "plugins", "searchpath"))
"""Values of Hydra's option --info, which may also stand alone."""


def options_first(words: Sequence[str]) -> list[str]:
    """Return the words of a command line with all options before all overrides, the only order that Hydra takes."""
    options: list[str] = []
    overrides: list[str] = []
    previous = ""
    for word in words:
        is_value = previous in OPTIONS_WITH_VALUE or (previous in ("-i", "--info") and word in INFO_CHOICES)
        (options if word.startswith("-") or is_value else overrides).append(word)
        previous = "" if is_value else word
    return options + overrides


def prepare_overrides(overrides: Sequence[str]) -> list[str]:
    """Return the overrides with quotes around ids and names that Hydra would read as numbers.

    Raises:
        UserError: a group gets a list of choices, which Hydra would merge into one.
    """
    for override in overrides:
        _check_choices(override)
    return [_quote_names(override) for override in quote_run_ids(overrides)]


def _quote_names(override: str) -> str:
    """`data.path=2024,2025` with each number in quotes; other values are left as they are."""
    key, separator, value = override.partition("=")
    if key.lstrip("+") not in NAME_KEYS or not separator:
        return override
    names = [f"'{name}'" if NUMBER.fullmatch(name.strip()) else name for name in value.split(",")]
    return f"{key}={','.join(names)}"


def _check_choices(override: str) -> None:
    match = CHOICES.fullmatch(override)
    if match is None or match["group"] in GLOBAL_GROUPS or not (conf_dir() / match["group"]).is_dir():
        return
    group, names = match["group"], [name.strip() for name in match["names"].split(",") if name.strip()]
    if len(names) != 1:
        sweep = f"; to sweep over them, write --multirun {group}={','.join(names)}" if names else ""
        raise UserError(f"{group} = [{', '.join(names)}]: needs the name of one choice{sweep}")
