"""What actions return, and what they may change in a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from pipeline.artifacts.base import Artifact


class ActionResult(Protocol):
    """The result of an action."""

    def save(self, folder: Path) -> list[str]:
        """Write files below `folder` and return their names, the most important first."""

    def metrics(self) -> dict[str, float]:
        """Return numbers for the tracking store."""

    def summary_lines(self) -> list[str]:
        """Return the lines to print at the end."""


@dataclass(frozen=True)
class Change:
    """What an action did to a run: its name, its settings, and the artifacts that replace the run's, by name.

    The settings and the run's results must determine the artifacts, because later stages are reused by them. The
    results of the stages `unchanged` stay those of the run, although they depend on what is replaced.
    """

    action: str
    settings: Mapping[str, Any]
    artifacts: Mapping[str, Artifact]
    unchanged: frozenset[str] = frozenset()
