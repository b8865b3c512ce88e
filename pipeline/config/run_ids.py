"""Ids of runs on the command line, which Hydra would read as numbers if they look like one."""

from __future__ import annotations

import re
from collections.abc import Sequence

KEYS = ("run", "runs")

NUMBER_LIKE = re.compile(r"(?<![\w'\"])\d\w*(?![\w'\"])")
"""A word outside quotes that starts with a digit."""


def quote_run_ids(overrides: Sequence[str]) -> list[str]:
    """Return the overrides with quotes around ids that start like a number: 12e45678 would be infinity."""
    return [_quote(override) for override in overrides]


def _quote(override: str) -> str:
    key, separator, value = override.partition("=")
    if key not in KEYS or not separator:
        return override
    return f"{key}={NUMBER_LIKE.sub(lambda match: repr(match[0]), value)}"
