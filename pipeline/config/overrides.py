"""The command line as it is typed, before Hydra reads it: order, names that look like numbers, lists of choices."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from pipeline.config.run_ids import quote_run_ids
from pipeline.runtime.errors import UserError
from pipeline.runtime.paths import conf_dir

PATH_KEYS = (
    "output_dir", "input", "edits", "data.path", "data.folder", "label.answers", "model.encoder", "model.weights",
    "export.path",
)  # fmt: skip
"""Keys of files and folders."""

NEW_PATH_KEYS = ("output_dir", "export.path")
"""Those whose folder need not exist."""

NAME_KEYS = (*PATH_KEYS, "tracking.experiment", "tracking.run_name")
"""Keys of files, folders and names: a folder may be named 2026."""

GRAMMAR = re.compile(r"[=,\[\](){}'\"~#;&!:\\]|\$\{")
"""Characters with a meaning in Hydra's override grammar."""

UNQUOTED = re.compile(r"[\w./+@%$*?|-]+", re.ASCII)
"""A value that Hydra accepts without quotes; it refuses characters such as é and ^."""

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
    """Return the overrides with quotes around ids and names that Hydra would read as numbers, and around paths.

    A value that is the path of a file or folder is taken as it is, whatever characters it has.

    Raises:
        UserError: a group gets a list of choices, which Hydra would merge into one; a path is empty; or a key has
            dashes, as an option.
    """
    for override in overrides:
        _check_choices(override)
        _check_path(override)
        _check_option(override)
    return [_quote_paths(override) or _quote_names(override) for override in quote_run_ids(overrides)]


def _check_path(override: str) -> None:
    """Refuse an empty path, which would be the working folder."""
    key, found, value = override.partition("=")
    if found and key.lstrip("+") in PATH_KEYS and key != "output_dir" and value.strip() in ("", "''", '""'):
        raise UserError(f"{key.lstrip('+')}: the path is empty; give a file or folder, or null")


def _check_option(override: str) -> None:
    """Refuse `--key=value`, for which Hydra prints its usage."""
    name = override.partition("=")[0]
    if override.startswith("--") and "=" in override and name not in OPTIONS_WITH_VALUE | {"--info"}:
        raise UserError(f"{override}: keys have no dashes; write {override.lstrip('-')}")


def _quote_paths(override: str) -> str:
    """`data.path=a[1].npz,b.npz` with quotes around each path that needs them; empty if the value is no such path."""
    key, _, value = override.partition("=")
    if key.lstrip("+") not in PATH_KEYS or not value or UNQUOTED.fullmatch(value):
        return ""
    is_new = key.lstrip("+") in NEW_PATH_KEYS
    paths = _split_paths(value, is_new) if GRAMMAR.search(value) else [value]
    return "" if paths is None else f"{key}={','.join(map(quote_path, paths))}"


def _split_paths(value: str, is_new: bool) -> list[str] | None:
    """The paths in a value, several only if all exist: those of a sweep; None if the value is something else.

    A path that `is_new` need not exist if its folder does and it is no list of paths.
    """
    if _exists(value) or (is_new and not re.search(r"^['\"\[{]|,|\$\{", value) and _exists(str(Path(value).parent))):
        return [value]
    parts = value.split(",")
    for count in range(len(parts) - 1, 0, -1):
        first, rest = ",".join(parts[:count]), ",".join(parts[count:])
        if _exists(first):
            others = _split_paths(rest, is_new=False)
            if others is not None:
                return [first, *others]
    return None


def _exists(path: str) -> bool:
    try:
        return bool(path) and Path(path).expanduser().exists()
    except (OSError, RuntimeError, ValueError):  # a name that is too long, an unknown home, a null character
        return False


def quote_path(path: str) -> str:
    """Return a path as a quoted value: Hydra's escape of quotes and of backslashes before them, OmegaConf's of `${`."""
    if UNQUOTED.fullmatch(path) and not NUMBER.fullmatch(path):
        return path
    escaped = re.sub(r"(\\*)\$\{", lambda match: f"{match[1] * 2}\\${{", path)
    escaped = re.sub(r"(\\*)('|$)", lambda match: match[1] * 2 + ("\\'" if match[2] else ""), escaped)
    return f"'{escaped}'"


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
