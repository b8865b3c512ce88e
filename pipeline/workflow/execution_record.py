"""The record of an execution: its name, tags and summary, and the pages in its folder."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.artifacts.images import Images
from pipeline.artifacts.labels import Labels
from pipeline.config import Config
from pipeline.data.description import image_set_facts
from pipeline.runtime.atomic_files import atomic_write
from pipeline.runtime.observer import RunObserver
from pipeline.tracking import Run, Store, git_commit
from pipeline.workflow.page_links import link_pages
from pipeline.workflow.recipe import RECIPE, STEPS
from pipeline.workflow.stored_results import Outcome, StoredResults
from pipeline.workflow.version_tags import version_tags

CURVES = {"train": ("train/",), "refine": ("refine/",)}
"""Metrics by epoch of the stages that train: curves of their own runs, not scores of the execution."""

PAGES = ("report", "explorer")

PAGE_FILES = ("report.html", "figures", "explorer.html", "images.parquet", "summary.json")
"""What an execution writes to the folder of its job."""


def record_execution(
    results: StoredResults, folder: Path, started: float, facts: Mapping[str, Any] | None = None
) -> tuple[dict[str, Any], dict[str, Path]]:
    """Log the outcomes of an execution, write its summary and pages to `folder`, and return the summary and the pages.

    `started` is the time of `time.perf_counter` at its start; `facts` are added to the summary.
    """
    config, run = results.config, results.execution
    summary = _summarize(config, results.outcomes, run, time.perf_counter() - started)
    summary |= {"data": _log_data(results, run), **(facts or {})}
    _log_summary(run, summary)
    pages = _write_files(results.outcomes, run, folder, summary)
    if config.tracking.models and config.tracking.register_model and "cluster" in results.outcomes:
        problem = results.store.register_clustering(results.outcomes["cluster"].result.run_id)
        if problem:
            results.observer.warning(f"  note: {problem}")
    return summary, pages


def run_name(config: Config) -> str:
    """Return a name that distinguishes runs: data, model and size, refinement, manifold, clusterer and k, seed."""
    refinement = f" · {config.refine.name}({config.refine.k})" if config.refine.k else ""
    size = config.model.latent_dim or config.model.latent_channels
    model = f"{config.model.name}({size})" if size else config.model.name
    clusterer = f"{config.cluster.name}({config.cluster.k})" if config.cluster.k else config.cluster.name
    return f"{data_name(config)} · {model}{refinement} · {config.manifold.name} · {clusterer} · seed {config.seed}"


def data_name(config: Config) -> str:
    """Return the name of the data, with the last part of its path if it has one: `mnist`, `image_folder(photos)`."""
    path = config.data.path
    return f"{config.data.name}({Path(path).expanduser().resolve().name or path})" if path else config.data.name


def run_tags(config: Config, overrides: list[str]) -> dict[str, str]:
    """Return the tags of a run: the versions of packages, the command line, the data, and the commit."""
    tags = {"pipeline.command": "python -m pipeline " + " ".join(overrides), "pipeline.data": data_name(config)}
    tags |= version_tags()
    commit = git_commit() if config.tracking.git_commit else None
    return tags | ({"mlflow.source.git.commit": commit.rstrip("+"), "git.commit": commit} if commit else {})


def _summarize(config: Config, outcomes: dict[str, Outcome], run: Run, seconds: float) -> dict[str, Any]:
    metrics: dict[str, float] = {}
    for step in RECIPE:
        if step.name in outcomes:
            curves = CURVES.get(step.name, ())
            stage_metrics = outcomes[step.name].result.metrics.items()
            metrics |= {name: value for name, value in stage_metrics if not name.startswith(curves)}
    metrics |= {"wall_seconds": seconds, "peak_mib": max((o.peak_mib for o in outcomes.values()), default=0.0)}
    metrics.pop("seconds", None)  # of one stage
    return {
        "metrics": metrics,
        "stages": {
            name: {"seconds": o.seconds, "reused": o.reused, "peak_mib": o.peak_mib, "run_id": o.result.run_id}
            for name, o in outcomes.items()
        },
        "run_id": run.id,
        "config": config.model_dump(by_alias=True),
    }


def _log_data(results: StoredResults, run: Run) -> dict[str, int | str]:
    """Log the image set as MLflow's data set; return facts about it, none if the run has no stage data."""
    step = STEPS["data"]
    if step.name not in results.outcomes:
        return {}
    images, labels = (results.load(step, artifact) for artifact in step.outputs)
    assert isinstance(images, Images)
    assert isinstance(labels, Labels)
    run.log_dataset(images.name, images.digest, images.n_fitted, f"fitted: {images.split}")
    return image_set_facts(images, labels)


def _log_summary(run: Run, summary: dict[str, Any]) -> None:
    stages = summary["stages"]
    seconds = {f"seconds/{name}": stage["seconds"] for name, stage in stages.items()}
    results = {f"stage.{name}": stage["run_id"] + " reused" * stage["reused"] for name, stage in stages.items()}
    run.log_metrics(summary["metrics"] | seconds, tags=results)


def _write_files(outcomes: dict[str, Outcome], run: Run, folder: Path, summary: dict[str, Any]) -> dict[str, Path]:
    """Write the report with its figures, the explorer and at last summary.json to the folder; return the pages.

    A folder without summary.json is that of a run which was interrupted. All but the explorer are logged to the run
    too: it is large, and the run of its stage has it. Only the pages in the folder link to each other: the report in
    MLflow has no explorer beside it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = [name for name in PAGES if name in outcomes]
    for name in written:
        artifact = STEPS[name].outputs[0]
        shutil.copytree(outcomes[name].result.folder / artifact, folder, dirs_exist_ok=True)
    if "report" in written:
        run.log_files(folder / "report.html")
        run.log_files(folder / "figures", "figures")
    link_pages(folder, written, run.id)
    with atomic_write(folder / "summary.json") as path:
        path.write_text(json.dumps(summary, indent=1))
    run.log_files(folder / "summary.json")
    files = {"report": "report.html", "explorer": "explorer.html", "table": "images.parquet"}
    return {name: folder / file for name, file in files.items() if (folder / file).exists()}


def print_summary(
    observer: RunObserver, store: Store, summary: dict[str, Any], pages: dict[str, Path], is_job: bool
) -> None:
    """Print the scores, the run's id, its pages, and how to browse the store, unless it is a job of a sweep."""
    observer.scores(summary["metrics"])
    observer.message(f"run      {summary['run_id']}, {summary['metrics']['wall_seconds']:.1f} s")
    for name, page in pages.items():
        observer.message(f"{name:<9}{page}")
    if not is_job:
        observer.message(f"browse   {store.ui_command}")
        observer.message(f"         {store.view}")
