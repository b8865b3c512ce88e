"""Build the clusterer of a run before its first stage is computed, so that a mistake does not end it minutes later."""

from __future__ import annotations

from collections.abc import Iterable

from pipeline.clustering.choose_k import set_k
from pipeline.config import Config
from pipeline.config.instantiate import instantiate
from pipeline.workflow.executor import Executor
from pipeline.workflow.recipe import PRODUCER, Step, ancestors, steps_and_ancestors


class SettingsCheck:
    """Checks once whether the estimator of `cluster` can be built, if the run computes that stage."""

    def __init__(self, config: Config, steps: Iterable[Step]) -> None:
        self.config = config
        self.clusters = PRODUCER["clustering"] in steps_and_ancestors(steps)
        self.is_done = False

    def __call__(self, step: Step, executor: Executor) -> None:  # noqa: ARG002
        """Build the estimator before `step` is computed, if this is the first time.

        Raises:
            UserError: its class cannot be imported, or refuses an argument.
        """
        cluster_step = PRODUCER["clustering"]
        if self.is_done or not self.clusters or not (step is cluster_step or step in ancestors(cluster_step)):
            return
        self.is_done = True
        cluster = self.config.cluster
        instantiate((set_k(cluster, 2) if cluster.k == "auto" else cluster).estimator, "cluster.estimator")
