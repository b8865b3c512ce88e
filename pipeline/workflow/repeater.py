"""Repeats of a finished run with other settings: runs of which most stages are reused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pipeline.artifacts.base import Int
from pipeline.artifacts.images import Images
from pipeline.config import Config
from pipeline.runtime.errors import UserError
from pipeline.runtime.observer import RunObserver
from pipeline.tracking import Run, Store
from pipeline.workflow.executor import Executor
from pipeline.workflow.stored_results import StoredResults


@dataclass(frozen=True)
class Repeater:
    """Computes the results of other configurations; new stages become child runs of `parent`."""

    store: Store
    parent: Run

    def require_same_images(self, config: Config, run_id: str, images: Images) -> None:
        """Refuse repeats of a run whose images have changed, since they are compared image by image.

        Raises:
            UserError: the data set that `config` names no longer has the `images` of the run, in their order.
        """
        artifacts, _ = self.load(config, "images")
        if artifacts["images"].digest != images.digest:
            raise UserError(
                f"run: the images of {run_id} have changed since, and its clusters would be compared with those of "
                "other images; run the command of that run again, then this one"
            )

    def clusters(self, config: Config) -> tuple[Int, bool]:
        """Return the clusters (n,) of the fitted images, and whether they were stored already."""
        artifacts, is_reused = self.load(config, "clustering")
        clusters: Int = artifacts["clustering"].fitted
        return clusters, is_reused

    def load(self, config: Config, *names: str) -> tuple[dict[str, Any], bool]:
        """Return artifacts by name, and whether all stages that led to them were stored already.

        Stages are reused and stored as in every run, so that an interrupted series continues where it stopped. No
        MLflow models are logged: nobody serves a repeat.
        """
        tracking = self.store.config.model_copy(update={"models": False})
        config = config.model_copy(update={"tracking": tracking})
        results = StoredResults(config, self.store, self.parent, RunObserver())
        executor = Executor(config, results)
        artifacts = {name: executor.load(name) for name in names}
        return artifacts, all(outcome.reused for outcome in results.outcomes.values())
