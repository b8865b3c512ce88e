"""Repeats of a finished run with other settings: runs of which most stages are reused."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.artifacts.base import Int
from pipeline.config import Config
from pipeline.runtime.observer import RunObserver
from pipeline.tracking import Run, Store
from pipeline.workflow.executor import Executor
from pipeline.workflow.stored_results import StoredResults


@dataclass(frozen=True)
class Repeater:
    """Computes the clusters of other configurations; new stages become child runs of `parent`."""

    store: Store
    parent: Run

    def clusters(self, config: Config) -> tuple[Int, bool]:
        """Return the clusters (n,) of the fitted images, and whether they were stored already.

        Stages are reused and stored as in every run, so that an interrupted series continues where it stopped. No
        MLflow models are logged: nobody serves a repeat.
        """
        tracking = self.store.config.model_copy(update={"models": False})
        config = config.model_copy(update={"tracking": tracking})
        results = StoredResults(config, self.store, self.parent, RunObserver())
        clusters: Int = Executor(config, results).load("clustering").fitted
        return clusters, results.outcomes["cluster"].reused
