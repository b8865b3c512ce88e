"""The parent runs of sweeps that have not ended, apart from what a sweep imports: a wrong key is reported at once."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

started: list[Any] = []
"""The parent runs of this process whose sweep has not ended."""


def fail_started_sweeps() -> bool:
    """Finish the parent run of a sweep of which Hydra refused a job before it ran any; return whether there is one."""
    for parent in started:
        with suppress(Exception):  # the server may be the reason
            parent.finish("FAILED")
    return bool(started)
