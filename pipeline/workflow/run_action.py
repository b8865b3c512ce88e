"""Run an action: look up its finished runs, perform it, write its files, and log it as a run."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.config import Config
from pipeline.runtime.observer import RunObserver
from pipeline.tracking import Store, flatten
from pipeline.workflow.action_context import ActionContext
from pipeline.workflow.actions import Action
from pipeline.workflow.derived_run import Deriver
from pipeline.workflow.plan import plan
from pipeline.workflow.repeater import Repeater


def run_action(
    config: Config, folder: Path, overrides: list[str], observer: RunObserver | None = None, sweep: str | None = None
) -> dict[str, Any]:
    """Run the action that `config` asks for and return its metrics; its files are written to `folder`.

    `overrides` are the words of the command line, logged for the reader; `sweep` is the id of the sweep's run, if any.
    A job of a sweep also writes `folder/summary.json` with its metrics and the id of its run.
    """
    observer = observer or RunObserver()
    action = plan(config)[1]
    if action is None:
        raise ValueError(f"stage = {config.stage!r} is not an action")
    started = time.perf_counter()
    store = Store(config.tracking, Path(config.output_dir), observer)
    store.kill_orphaned_runs(observer)
    runs = action.find_runs(config, store)
    for run in runs:
        observer.message(f"  uses run {run.run_id}, {run.name}")
    tags = {"pipeline.command": "python -m pipeline " + " ".join(overrides)}
    tags |= {f"pipeline.used.{index}": run.run_id for index, run in enumerate(runs)}
    title = " · ".join([action.name, *(run.name for run in runs)])
    with store.run(action.name, title, sweep, tags) as action_run:
        action_run.log_params(flatten(_settings(config, action)))
        with observer.stage(action.name, action_run.log_metrics) as stage_observer:
            context = ActionContext(
                config,
                store,
                action_run.id,
                runs,
                stage_observer,
                Repeater(store, action_run),
                Deriver(store, folder, overrides),
                folder,
            )
            result = action.perform(context)
        seconds = time.perf_counter() - started
        folder.mkdir(parents=True, exist_ok=True)
        files = result.save(folder)
        for file in files:
            action_run.log_files(folder / file)
        metrics = result.metrics() | {"wall_seconds": seconds}
        action_run.log_metrics(metrics)
        if sweep and not (folder / "summary.json").exists():  # a derived run has written its own
            (folder / "summary.json").write_text(json.dumps({"metrics": metrics, "run_id": action_run.id}, indent=1))
    for line in result.summary_lines():
        observer.message(line)
    for file in files:
        observer.message(f"         {folder / file}")
    observer.message(f"run      {action_run.id}, {seconds:.1f} s")
    return metrics


def _settings(config: Config, action: Action) -> Mapping[str, Any]:
    return {"input": config.input, action.name: getattr(config, action.name).model_dump()}
