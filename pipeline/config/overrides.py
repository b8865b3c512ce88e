"""Overrides as they are typed, before Hydra reads them: names that look like numbers, and lists of choices."""

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
