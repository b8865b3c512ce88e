"""Delete the results in a store that no run needs: what its runs refer to, and where their files are."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Collection
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any

from pipeline.config import Clean
from pipeline.runtime.errors import UserError
from pipeline.runtime.observer import Observer
from pipeline.runtime.processes import is_running
from pipeline.stages.clean import clean
from pipeline.stages.clean.result import CleaningResult
from pipeline.stages.clean.stored_run import OPEN, StoredRun
from pipeline.tracking import DERIVED_FROM, KIND, PARENT, PROCESS, Inventory, Store, folder_size
from pipeline.workflow.execution_record import PAGE_FILES

STAGE_TAG, USED_TAG, CLUSTER_TAG = "stage.", "pipeline.used.", "stage.cluster"
HYDRA_FOLDER = ".hydra"
"""The folder in that of a job in which Hydra writes the command's settings."""


def clean_store(config: Clean, store: Store, run_id: str, observer: Observer) -> CleaningResult:
    """List the results that no run needs, and delete them if asked to; `run_id` is the run that does this.

    While results are deleted, no run of this machine starts.

    Raises:
        UserError: results are to be deleted while a run is in progress, or the store is on a server.
    """
    with store.exclude_new_runs() if config.delete else nullcontext():
        inventory, pages = store.inventory(), find_pages(store.outputs)
        if config.delete:
            _require_no_open_runs(inventory, run_id)
        registered = inventory.registered_runs()
        runs = [
            stored_run(run, inventory, pages, run.info.run_id in registered)
            for run in inventory.runs
            if run.info.run_id != run_id
        ]

        def delete(run_ids: Collection[str]) -> None:
            inventory.delete(run_ids, lambda number: observer.progress(number, len(run_ids), "runs"))
            for deleted in run_ids:
                _delete_pages(pages.get(deleted, []))

        return clean(config, runs, time.time(), delete)


def _require_no_open_runs(inventory: Inventory, own_id: str) -> None:
    """Refuse to delete while a run is in progress: it may be about to read any stored result."""
    runs = {run.info.run_id: run for run in inventory.runs}
    ignored = {own_id, runs[own_id].data.tags.get(PARENT)}
    others = [run for run_id, run in runs.items() if run_id not in ignored and _is_open(run)]
    if others:
        names = ", ".join(f"{run.info.run_name} ({run.info.run_id})" for run in others[:3])
        raise UserError(
            f"clean.delete: {len(others)} run(s) in progress may need any result: {names}; nothing was deleted; wait "
            "for their end, or mark a run whose machine is gone as failed in MLflow"
        )


def _is_open(run: Any) -> bool:
    """Whether a process works on a run; one that was deleted in MLflow counts unless its process has exited."""
    is_deleted = run.info.lifecycle_stage == "deleted"
    is_dead = is_deleted and not is_running(run.data.tags.get(PROCESS, ""))
    return run.info.status in OPEN and not is_dead


def stored_run(run: Any, inventory: Inventory, pages: dict[str, list[Path]], is_registered: bool) -> StoredRun:
    """Return what retention depends on; `pages` are the files of executions in the folders of their jobs."""
    tags, info = run.data.tags, run.info
    names = {key: value.split(" ")[0] for key, value in tags.items() if key.startswith(STAGE_TAG)}
    uses = set(names.values()) | {value for key, value in tags.items() if key.startswith(USED_TAG)}
    uses |= {tags[DERIVED_FROM]} if DERIVED_FROM in tags else set()
    files = [*inventory.folders(info.run_id), *pages.get(info.run_id, [])] if KIND in tags else []
    return StoredRun(
        run_id=info.run_id,
        kind=tags.get(KIND, ""),
        name=info.run_name or "",
        status="KILLED" if info.status in OPEN and not _is_open(run) else info.status,
        ended=(info.end_time or info.start_time) / 1000,
        size=sum(map(folder_size, files)),
        parent=tags.get(PARENT),
        uses=frozenset(uses),
        clustering=names.get(CLUSTER_TAG),
        is_deleted=info.lifecycle_stage == "deleted",
        is_registered=is_registered,
    )


def find_pages(outputs: Path) -> dict[str, list[Path]]:
    """Return the pages and the summary of each execution in the folder of its job, by the id of its run.

    All other files in these folders, such as an exported data set, are the user's.
    """
    pages: dict[str, list[Path]] = {}
    for summary in (*outputs.glob("runs/*/*/summary.json"), *outputs.glob("sweeps/*/*/*/summary.json")):
        with suppress(OSError, ValueError):
            content = json.loads(summary.read_text(encoding="utf-8"))
            if isinstance(content, dict) and "stages" in content:  # that of an action has only metrics
                files = [path for name in PAGE_FILES if (path := summary.parent / name).exists()]
                pages.setdefault(str(content.get("run_id")), []).extend(files)
    return pages


def _delete_pages(files: list[Path]) -> None:
    """Remove pages, and their folders if nothing of the user's is left in them."""
    for path in files:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    for folder in {path.parent for path in files}:
        if {path.name for path in folder.iterdir()} <= {HYDRA_FOLDER}:
            shutil.rmtree(folder)
