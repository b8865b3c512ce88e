"""One execution: run the recipe, log it as a run, and leave a summary and the pages in the run's folder."""

from __future__ import annotations

import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pipeline.config import Config
from pipeline.runtime.observer import RunObserver
from pipeline.runtime.threads import thread_count
from pipeline.tracking import Store, flatten
from pipeline.workflow.choose_settings import choose_settings
from pipeline.workflow.cost_announcement import CostAnnouncement
from pipeline.workflow.execution_record import print_summary, record_execution, run_name, run_tags
from pipeline.workflow.executor import Executor
from pipeline.workflow.plan import plan
from pipeline.workflow.settings_check import SettingsCheck
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

        def make_executor(candidate: Config) -> Executor:
            checks = SettingsCheck(candidate, steps), CostAnnouncement(candidate, steps, observer)
            return Executor(candidate, StoredResults(candidate, store, run, observer, checks))

        executor, trials = choose_settings(config, overrides, make_executor, observer)
        facts = {}
        if trials:
            facts["auto"] = [asdict(trial) for trial in trials]
            run.log_table("auto", facts["auto"])
            run.rename(config.tracking.run_name or run_name(executor.config))
        run.log_params(flatten(executor.config.model_dump(by_alias=True)))
        executor.run(steps)
        results = executor.results
        assert isinstance(results, StoredResults)
        results.find_ancestors(steps)
        summary, pages = record_execution(results, folder, started, facts)
    print_summary(observer, store, summary, pages, is_job=sweep is not None)
    return summary
