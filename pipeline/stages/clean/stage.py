"""List the stored results that no run needs, and delete them."""

from __future__ import annotations

from collections.abc import Callable, Collection

from pipeline.config import Clean
from pipeline.stages.clean.result import CleaningResult
from pipeline.stages.clean.retention import decide
from pipeline.stages.clean.stored_run import StoredRun


def clean(
    config: Clean,
    runs: Collection[StoredRun],
    now: float,
    delete: Callable[[Collection[str]], None],
) -> CleaningResult:
    """Decide at the time `now`, in seconds since the epoch, which runs stay, and delete the others if asked to.

    `delete` takes the ids of runs. Nothing is deleted unless `config.delete` is set.
    """
    decisions = decide(runs, config, now)
    deletable_ids = [decision.run.run_id for decision in decisions if decision.is_deletable]
    if config.delete and deletable_ids:
        delete(deletable_ids)
    return CleaningResult(decisions, config.delete)
