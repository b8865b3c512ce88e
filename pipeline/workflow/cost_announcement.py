"""Print the forecast of a run before it computes the first stage after `data`; refuse one that exceeds the memory."""

from __future__ import annotations

from collections.abc import Iterable

from pipeline.config import Config
from pipeline.runtime.observer import RunObserver
from pipeline.workflow.executor import Executor
from pipeline.workflow.forecast import Workload, describe_forecast, memory_for_process
from pipeline.workflow.recipe import PRODUCER, Step, ancestors, steps_and_ancestors


class CostAnnouncement:
    """Prints the forecast of a run once: of the first stage that is computed, and of all that depend on it."""

    def __init__(self, config: Config, steps: Iterable[Step], observer: RunObserver) -> None:
        self.config, self.observer = config, observer
        self.planned = steps_and_ancestors(steps)
        self.is_made = False

    def __call__(self, step: Step, executor: Executor) -> None:
        """Print the forecast, if this is the first time.

        Raises:
            UserError: the run does not fit into the memory.
        """
        if self.is_made or step is PRODUCER["images"]:  # the size of the data is not known before
            return
        self.is_made = True
        stages = [later.name for later in self.planned if later is step or step in ancestors(later)]
        forecast = describe_forecast(Workload.of(self.config, executor.load("images"), stages), memory_for_process())
        if forecast:
            self.observer.message(forecast)
