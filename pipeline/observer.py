"""How a long computation tells its caller how far it is, without knowing who listens."""

from collections.abc import Mapping, Sequence
from pathlib import Path


class Observer:
    """Receives progress and measurements from a stage; this base class ignores them.

    Stages yield facts here and never print, log or look at a clock. The command line passes an observer that
    draws a bar and writes to MLflow; a notebook passes nothing, or its own subclass.

    `scratch` is a folder, where there is one, in which a computation finds what it left there when it was cut off
    before; the next one of the same configuration and inputs gets it.
    """

    scratch: Path | None = None

    def progress(self, done: float, total: float, unit: str = "") -> None:
        """Say that `done` of `total` units (epochs, images, iterations) are finished."""

    def measured(self, step: int, metrics: Mapping[str, float]) -> None:
        """Hand over one step's metrics, such as an epoch's losses; `step` counts from 1."""

    def table(self, title: str, rows: Sequence[Mapping[str, object]]) -> None:
        """Hand over a table worth seeing and keeping, such as a model's layers; each row has the same keys."""

    def note(self, message: str) -> None:
        """Say something that must not stay silent, such as what was sampled."""


SILENT = Observer()
