"""One execution: carry out the recipe, log it as a run, and leave a summary and the report in the run's folder."""

from __future__ import annotations

import json
import shutil
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pipeline.config import Config
from pipeline.console import Console
from pipeline.flow import Flow
from pipeline.page_links import link
from pipeline.recipe import RECIPE, STEPS
from pipeline.tracking import Run, Store, flatten, git_commit

PACKAGES = ("tensorflow", "keras", "scikit-learn", "umap-learn", "mlflow", "numpy", "hydra-core")


CURVES = {"train": ("train/",), "refine": ("refine/",)}
"""What the stages that train log as they go: curves of their own runs, and no scores of the execution."""


def execute(
    config: Config, folder: Path, overrides: list[str], sweep: str | None = None, console: Console | None = None
) -> dict[str, Any]:
    """Run the stages asked for and return the summary that `folder/summary.json` holds.

    `overrides` are the words of the command line, kept for the reader; `sweep` is the parent run's id, if there is
    one.
    """
    console = console or Console()
    started = time.perf_counter()
    store = Store(config.tracking, Path(config.output_dir))
    store.end_dead_runs(console)
    with store.run("execution", config.tracking.run_name or run_name(config), sweep, _tags(config, overrides)) as run:
        run.log_params(flatten(config.model_dump(by_alias=True)))
        flow = Flow(config, store, run, console)
        flow.run(config.stage_names)
        summary = _summarise(config, flow, run, time.perf_counter() - started)
        _log(flow, run, summary)
        pages = _write(flow, run, folder, summary)
        if config.tracking.models and config.tracking.register_model and "cluster" in flow.outcomes:
            refused = store.register_clustering(flow.outcomes["cluster"].result.run_id)
            if refused:
                console.say(f"  note: {refused}", "yellow")
    _farewell(console, store, summary, pages)
    return summary


def run_name(config: Config) -> str:
    """A name that tells runs apart at a glance: model and size, a refinement, manifold, clusterer and k, seed."""
    refined = f" · {config.refine.name}({config.refine.k})" if config.refine.k else ""
    size = config.model.latent_dim or config.model.latent_channels
    model = f"{config.model.name}({size})" if size else config.model.name
    clusterer = f"{config.cluster.name}({config.cluster.k})" if config.cluster.k else config.cluster.name
    return f"{model}{refined} · {config.manifold.name} · {clusterer} · seed {config.seed}"


def _tags(config: Config, overrides: list[str]) -> dict[str, str]:
    tags = {f"version.{name}": version(name) for name in PACKAGES}
    tags |= {"pipeline.command": "python -m pipeline " + " ".join(overrides), "pipeline.data": config.data.name}
    commit = git_commit() if config.tracking.git_commit else None
    return tags | ({"mlflow.source.git.commit": commit.rstrip("+"), "git.commit": commit} if commit else {})


def _summarise(config: Config, flow: Flow, run: Run, seconds: float) -> dict[str, Any]:
    metrics: dict[str, float] = {}
    for step in RECIPE:
        if step.name in flow.outcomes:
            found = flow.outcomes[step.name].result.metrics
            metrics |= {name: value for name, value in found.items() if not name.startswith(CURVES.get(step.name, ()))}
    own = {name: value for name, value in metrics.items() if name not in ("seconds", "peak_mib")}
    outcomes = flow.outcomes.items()
    own |= {"wall_seconds": seconds, "peak_mib": max((o.peak_mib for _, o in outcomes), default=0.0)}
    return {
        "metrics": own,
        "stages": {
            name: {"seconds": o.seconds, "reused": o.reused, "peak_mib": o.peak_mib, "run_id": o.result.run_id}
            for name, o in outcomes
        },
        "run_id": run.id,
        "config": config.model_dump(by_alias=True),
    }


def _log(flow: Flow, run: Run, summary: dict[str, Any]) -> None:
    run.log_metrics(summary["metrics"] | {f"seconds/{name}": s["seconds"] for name, s in summary["stages"].items()})
    run.tag(
        {f"stage.{name}": f"{s['run_id']}{' reused' if s['reused'] else ''}" for name, s in summary["stages"].items()}
    )
    if "data" in flow.outcomes:
        facts = json.loads((flow.outcomes["data"].result.folder / "images" / "artifact.json").read_text())
        rows = int(summary["metrics"]["data/fitted_images"])
        run.log_dataset(facts["name"], facts["digest"], rows, f"fitted: {facts['split']}")


def _write(flow: Flow, run: Run, folder: Path, summary: dict[str, Any]) -> dict[str, Path]:
    """Leave summary.json, the report with its figures and the explorer in the folder; return the pages there are.

    All but the explorer are kept in the run too: it is large, and its own stage's run has it. The two pages lead to
    each other in the folder alone: the report that the run keeps has no explorer beside it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "summary.json").write_text(json.dumps(summary, indent=1))
    run.log_files(folder / "summary.json")
    made = [name for name in ("report", "explorer") if name in flow.outcomes]
    for name in made:
        artifact = STEPS[name].gives[0]
        shutil.copytree(flow.outcomes[name].result.folder / artifact, folder, dirs_exist_ok=True)
    if "report" in made:
        run.log_files(folder / "report.html")
        run.log_files(folder / "figures", "figures")
    link(folder, made)
    pages = {"report": "report.html", "explorer": "explorer.html", "table": "images.parquet"}
    return {name: folder / file for name, file in pages.items() if (folder / file).exists()}


def _farewell(console: Console, store: Store, summary: dict[str, Any], pages: dict[str, Path]) -> None:
    console.scores(summary["metrics"])
    console.say(f"run      {summary['run_id']}, {summary['metrics']['wall_seconds']:.1f} s")
    for name, page in pages.items():
        console.say(f"{name:<9}{page}")
    console.say(f"browse   {store.ui_command}")
    console.say(f"         {store.view}")
