"""A sweep: one parent run over its jobs, and at its end a table, a CSV and a figure of the swept keys."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from hydra.experimental.callback import Callback

from pipeline.cli import job
from pipeline.cli.console import Console
from pipeline.cli.errors import print_error
from pipeline.cli.started_sweeps import started
from pipeline.cli.sweep_table import describe_best, print_table
from pipeline.config import Tracking
from pipeline.config.compose import to_config
from pipeline.runtime.environment import set_library_environment
from pipeline.runtime.errors import UserError
from pipeline.runtime.paths import output_folder

FIGURE_SCORES = ("train/purity_score", "test/purity_score", "train/nmi_score", "test/nmi_score")
LABEL_FREE_SCORES = ("train/silhouette_score", "map/trustworthiness")
MOST_ACTION_METRICS = 4
FORWARDED_VARIABLES = ("MLFLOW_TRACKING_URI",)
"""Environment variables of the sweep's process that its jobs need."""


class SweepCallback(Callback):  # type: ignore[misc]  # hydra has no types
    """Hydra calls this before the first and after the last job."""

    def __init__(self) -> None:
        self.store: Any = None
        self.parent: Any = None

    def __getstate__(self) -> dict[str, Any]:
        """Return the state for a process of a parallel launcher: the store stays in that of the sweep."""
        return {"store": None, "parent": None}

    def on_multirun_start(self, config: Any, **kwargs: Any) -> None:  # noqa: ARG002
        """Validate the common settings, create the store before the jobs race for it, and start the parent run."""
        set_library_environment()
        overrides = list(config.hydra.overrides.task)
        try:
            swept = _swept_overrides(overrides) | set(config.hydra.sweeper.get("params") or ())
            tracking, outputs = _common_settings(_without_hydra(config), swept)
            self._start(tracking, outputs, overrides)
            _forward_to_jobs(config, self.parent.id, swept)
        except Exception as error:  # Hydra would turn it into a warning and start the jobs, which would all fail
            print_error(error, Path(str(config.output_dir)))
            raise SystemExit(2) from error

    def _start(self, tracking: Tracking, outputs: Path, overrides: list[str]) -> None:
        from pipeline.tracking import Store

        self.store = Store(tracking, outputs, Console())
        self.store.kill_orphaned_runs(Console())
        command = " ".join(overrides)
        self.parent = self.store.start("sweep", f"sweep {command}", None, {"pipeline.command": command})
        started.append(self.parent)

    def on_multirun_end(self, config: Any, **kwargs: Any) -> None:  # noqa: ARG002
        """Summarize the jobs in a table, a CSV and a figure, in the sweep's folder and in the parent run."""
        if self.parent is None:
            return
        started.remove(self.parent)
        try:
            self._finish(Path(config.hydra.sweep.dir))
        except Exception as error:  # Hydra would turn it into a warning
            print_error(error, self.store.outputs)
            job.mark_failed()
            with suppress(Exception):  # the server may be the reason
                self.parent.finish("FAILED")

    def _finish(self, folder: Path) -> None:
        rows, failures = read_jobs(folder)
        console = Console()
        if rows:
            _write_summary(rows, folder, self.parent, console)
        for name, reason in failures.items():
            console.error(f"job {name} failed: {reason}")
        if failures:
            job.mark_failed()
        self.parent.finish("FAILED" if failures else "FINISHED")
        console.message(f"sweep   {folder}")
        console.message(f"browse  {self.store.ui_command}")
        console.message(f"        {self.store.view}")


def _forward_to_jobs(config: Any, parent: str, swept: set[str]) -> None:
    """Let Hydra tell each job, wherever it is started, its parent run, this process, what is swept, and the server."""
    from omegaconf import open_dict

    variables = {name: os.environ[name] for name in FORWARDED_VARIABLES if name in os.environ}
    variables |= {"PIPELINE_SWEEP_RUN": parent, "PIPELINE_SWEEP_PROCESS": str(os.getpid())}
    variables["PIPELINE_SWEEP_KEYS"] = ",".join(sorted(swept))
    with open_dict(config):
        config.hydra.overrides.hydra += [f"++hydra.job.env_set.{name}='{value}'" for name, value in variables.items()]


def _common_settings(values: Any, swept: set[str]) -> tuple[Tracking, Path]:
    """Validate what all jobs share, and return the tracking settings and the outputs folder.

    A mistake in a swept key or group is left to the jobs: without the swept values it may have no value at all.
    """
    from omegaconf import OmegaConf

    from pipeline.workflow.plan import plan

    try:
        settings = to_config(values)
        plan(settings)
        return settings.tracking, Path(settings.output_dir)
    except UserError as error:
        if not swept & {"experiment", "sweep"} and not all(_is_about(line, swept) for line in str(error).splitlines()):
            raise
    tracking: Any = OmegaConf.to_container(values.tracking, resolve=True)
    return Tracking.model_validate(tracking), Path(output_folder(values.output_dir))


def _swept_overrides(overrides: list[str]) -> set[str]:
    """The keys and groups to which a sweep's command line gives several values."""
    from hydra.core.override_parser.overrides_parser import OverridesParser

    parsed = OverridesParser.create().parse_overrides(overrides)
    return {override.key_or_group for override in parsed if override.is_sweep_override()}


def _is_about(message: str, keys: set[str]) -> bool:
    """Whether a line names one of the keys or a key of one of the groups first."""
    named = message.partition(":")[0].partition(" ")[0]
    return any(f"{named}.".startswith(f"{key}.") for key in keys)


def _without_hydra(config: Any) -> Any:
    """The composed configuration without Hydra's own part, which resolves only inside a job."""
    from omegaconf import OmegaConf, open_dict

    copy = OmegaConf.create(config)
    with open_dict(copy):
        copy.pop("hydra")
    return copy


def read_jobs(folder: Path) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """Return a row (job, swept keys, run id, metrics) for each finished job, and the reason of each failed one."""
    rows: list[dict[str, Any]] = []
    failures: dict[str, str] = {}
    for path in sorted((path for path in folder.iterdir() if path.is_dir()), key=_job_number):
        if (path / job.FAILURE).exists():
            failures[path.name] = (path / job.FAILURE).read_text(encoding="utf-8")
        elif (path / "summary.json").exists():
            summary = json.loads((path / "summary.json").read_text())
            rows.append({"job": path.name, **_overrides(path), "run_id": summary["run_id"], **summary["metrics"]})
        elif path.name.isdigit():
            failures[path.name] = "it ended without a result"
    return rows, failures


def _manifold(path: Path) -> str:
    """The name of a job's manifold, empty for an action."""
    config = json.loads((path / "summary.json").read_text()).get("config", {})
    return str(config.get("manifold", {}).get("name", ""))


def _job_number(path: Path) -> tuple[int, str]:
    return (int(path.name), "") if path.name.isdigit() else (10**9, path.name)


def _overrides(path: Path) -> dict[str, str]:
    """The overrides that Hydra recorded for a job, by key."""
    from omegaconf import OmegaConf

    overrides = OmegaConf.load(path / ".hydra" / "overrides.yaml")
    return {key: value for key, _, value in (str(override).partition("=") for override in overrides)}


def _write_summary(rows: list[dict[str, Any]], folder: Path, parent: Any, console: Console) -> None:
    import pandas as pd

    table = pd.DataFrame(rows)
    keys = swept_keys(rows)
    table.to_csv(folder / "sweep.csv", index=False)
    parent.log_files(folder / "sweep.csv")
    action_metrics = _action_metrics(rows)
    print_table(rows, keys, action_metrics, console)
    best_job = describe_best(rows, keys, _manifold(folder / rows[0]["job"]))
    if best_job:
        console.message(f"best    {best_job}")
    scores = [name for name in FIGURE_SCORES if name in table] or [name for name in LABEL_FREE_SCORES if name in table]
    scores = scores or action_metrics
    if keys and scores:
        from pipeline.pages.figures.sweep import plot_sweep

        figure = plot_sweep(table, keys, scores)
        figure.savefig(folder / "sweep.png", dpi=130)
        parent.log_files(folder / "sweep.png")
    best = {f"best/{name}": float(table[name].max()) for name in scores}
    mean = {f"mean/{name}": float(table[name].mean()) for name in scores}
    spread = {f"sd/{name}": float(table[name].std(ddof=1)) for name in scores} if len(table) > 1 else {}
    parent.log_metrics({"jobs": float(len(table))} | best | mean | spread)


def _action_metrics(rows: list[dict[str, Any]]) -> list[str]:
    """The first metrics of the jobs of an action; empty for jobs of the recipe, whose scores are shown instead."""
    first = {name: value for name, value in rows[0].items() if name not in ("job", "run_id", "wall_seconds")}
    names = [name for name, value in first.items() if not isinstance(value, str)]
    return names[:MOST_ACTION_METRICS] if "peak_mib" not in first else []


def swept_keys(rows: list[dict[str, Any]]) -> list[str]:
    """Return the overrides that differ between jobs, in the order in which they were given."""
    keys = [key for key, value in rows[0].items() if key not in ("job", "run_id") and isinstance(value, str)]
    return [key for key in keys if len({row.get(key) for row in rows}) > 1]
