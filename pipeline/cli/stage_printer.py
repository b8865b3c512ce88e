"""Print the stages that are computed in memory, from Python, as the command line prints those of a run."""

from __future__ import annotations

import time
from collections.abc import Mapping

from pipeline.artifacts.base import Artifact
from pipeline.cli.console import Console
from pipeline.runtime.memory import PeakMemory
from pipeline.runtime.observer import Observer
from pipeline.workflow.executor import Executor
from pipeline.workflow.recipe import Step


class StagePrinter(Observer):
    """Stands between an executor and its stages as stored results do, and keeps nothing; also prints messages."""

    def __init__(self) -> None:
        self.console = Console()

    def get_or_compute(self, step: Step, executor: Executor) -> None:
        """Compute the step, which stays in the executor's memory, with a bar for its progress."""
        executor.load_inputs(step)
        started = time.perf_counter()
        with self.console.stage(step.name, _ignore) as observer, PeakMemory() as peak:
            executor.compute(step, observer)
        self.console.stage_finished(step.name, time.perf_counter() - started, reused=False, peak_mib=peak.mib)

    def load(self, step: Step, artifact: str) -> Artifact:
        """Raise a `KeyError`: nothing is stored."""
        raise KeyError(f"{artifact} of {step.name}")

    def message(self, text: str) -> None:
        """Print one line."""
        self.console.message(text)

    def note(self, message: str) -> None:
        """Print one line that a user must know."""
        self.console.warning(f"note: {message}")


def _ignore(metrics: Mapping[str, float], step: int) -> None:
    """Log nothing."""
