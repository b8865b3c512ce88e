"""What an action works with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.config import Config
    from pipeline.runtime.observer import StageObserver
    from pipeline.tracking import Store
    from pipeline.workflow.derived_run import Deriver
    from pipeline.workflow.finished_runs import FinishedRun
    from pipeline.workflow.repeater import Repeater


@dataclass(frozen=True)
class ActionContext:
    """What an action works with: the configuration, the store, the finished runs, and what computes other runs.

    `run_id` is that of the action's own run, and `folder` is that of the job, which the result's files go to.
    """

    config: Config
    store: Store
    run_id: str
    runs: tuple[FinishedRun, ...]
    observer: StageObserver
    repeater: Repeater
    deriver: Deriver
    folder: Path

    @property
    def run(self) -> FinishedRun:
        """The only finished run."""
        return self.runs[0]
