"""Check settings of later stages before the first one is computed: a mistake does not end a run minutes later."""

from __future__ import annotations

from collections.abc import Iterable

from pipeline.clustering.choose_k import set_k
from pipeline.config import Config
from pipeline.config.instantiate import check_component, instantiate
from pipeline.workflow.executor import Executor
from pipeline.workflow.recipe import STEPS, Step, steps_and_ancestors


class SettingsCheck:
    """Checks once the functions of `neighbors`, `manifold` and `project`, and builds the estimator of `cluster`.

    Only those stages count that the run needs.
    """

    def __init__(self, config: Config, steps: Iterable[Step]) -> None:
        self.config = config
        self.steps = steps_and_ancestors(steps)
        self._checked: set[str] = set()

    def __call__(self, step: Step, executor: Executor) -> None:  # noqa: ARG002
        """Check the settings of `step` and of the stages that use its results, before it is computed.

        Raises:
            UserError: a function or class cannot be imported, or refuses an argument.
        """
        checks = {
            "neighbors": self._check_function, "manifold": self._check_function, "cluster": self._check_estimator,
            "project": self._check_function,
        }  # fmt: skip
        for name, check in checks.items():
            later = STEPS[name]
            if name not in self._checked and later in self.steps and step in steps_and_ancestors([later]):
                self._checked.add(name)
                check(name)

    def _check_function(self, name: str) -> None:
        check_component(getattr(self.config, name), name, len(STEPS[name].inputs))

    def _check_estimator(self, name: str) -> None:
        cluster = self.config.cluster
        instantiate((set_k(cluster, 2) if cluster.k == "auto" else cluster).estimator, f"{name}.estimator")
