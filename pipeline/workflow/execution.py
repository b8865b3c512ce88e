"""One execution: run the recipe, log it as a run, and leave a summary and the pages in the run's folder."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from pipeline.config import Config
from pipeline.runtime.observer import RunObserver
from pipeline.runtime.threads import thread_count
from pipeline.tracking import Store, flatten
from pipeline.workflow.cost_announcement import CostAnnouncement
from pipeline.workflow.execution_record import print_summary, record_execution, run_name, run_tags
from pipeline.workflow.executor import Executor
from pipeline.workflow.plan import plan
from pipeline.workflow.stored_results import StoredResults


def execute_run(
    config: Config, folder: Path, overrides: list[str], sweep: str | None = None, observer: RunObserver | None = None
) -> dict[str, Any]:
    """Run the stages that `config` asks for and return the summary, which is also written to `folder/summary.json`.

    `overrides` are the words of the command line, logged for the reader; `sweep` is the id of the sweep's run, if any.
    """
    observer = observer or RunObserver()
    started = time.perf_counter()
    steps, _ = plan(config)
    observer.message(f"threads  {thread_count():,}")
    store = Store(config.tracking, Path(config.output_dir), observer)
    store.kill_orphaned_runs(observer)
    with store.run(
        "execution", config.tracking.run_name or run_name(config), sweep, run_tags(config, overrides)
    ) as run:
        run.log_params(flatten(config.model_dump(by_alias=True)))
        results = StoredResults(config, store, run, observer, CostAnnouncement(config, steps, observer))
        Executor(config, results).run(steps)
        results.find_ancestors(steps)
        summary, pages = record_execution(results, folder, started)
    print_summary(observer, store, summary, pages, is_job=sweep is not None)
    return summary
