"""How a long computation reports progress and measurements without knowing who listens."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

Log = Callable[[Mapping[str, float], int], None]
"""Logs metrics at a step to a tracking store."""


class Observer:
    """Receives the progress and the measurements of a stage; this base class ignores them.

    Stages report here and never print, log or read a clock. The command line passes an observer that draws a bar and
    logs to MLflow; from Python pass nothing, or a subclass.

    `scratch` is a folder for checkpoints, if there is one. A computation that was interrupted finds there what it left;
    the next one with the same configuration and inputs gets the same folder.
    """

    scratch: Path | None = None

    def progress(self, done: float, total: float, unit: str = "") -> None:
        """Report that `done` of `total` units (epochs, images, iterations) are finished."""

    def report_metrics(self, step: int, metrics: Mapping[str, float]) -> None:
        """Report the metrics of one step, such as an epoch's losses; `step` counts from 1."""

    def table(self, title: str, rows: Sequence[Mapping[str, object]]) -> None:
        """Report a table worth keeping, such as a model's layers; all rows have the same keys."""

    def message(self, text: str) -> None:
        """Report what was done, in one line."""

    def note(self, message: str) -> None:
        """Report what a user must know, such as a random sample in place of all images."""


SILENT = Observer()


class StageObserver(Observer):
    """Keeps the notes and tables of one stage, so that they can be stored with its result."""

    def __init__(self, scratch: Path | None = None) -> None:
        self.scratch = scratch
        self.notes: list[str] = []
        self.tables: dict[str, list[dict[str, object]]] = {}

    def table(self, title: str, rows: Sequence[Mapping[str, object]]) -> None:
        """Keep a table."""
        self.tables[title] = [dict(row) for row in rows]

    def note(self, message: str) -> None:
        """Keep a note."""
        self.notes.append(message)


class RunObserver:
    """Receives the events of a run; this base class ignores them."""

    @contextmanager
    def stage(self, name: str, log: Log, scratch: Path | None = None) -> Iterator[StageObserver]:  # noqa: ARG002
        """Yield the observer of a stage that begins; `log` takes the metrics it reports."""
        yield StageObserver(scratch)

    def stage_finished(self, name: str, seconds: float, reused: bool, peak_mib: float) -> None:
        """Report a stage's time and peak memory, or that its stored result is reused."""

    def message(self, text: str) -> None:
        """Report one line of information."""

    def warning(self, text: str) -> None:
        """Report one line that a user must know."""

    def scores(self, values: Mapping[str, float]) -> None:
        """Report the scores at the end of a run."""
