"""A sweep: one parent run over its jobs, and at the end a table, a CSV and a figure of what the swept keys did."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from hydra.experimental.callback import Callback

from pipeline import job
from pipeline.console import Console, number

SHOWN = (
    "train/purity_score",
    "train/accuracy_score",
    "test/accuracy_score",
    "train/nmi_score",
    "train/ari_score",
    "k",
    "latent_size",
)
FIGURE = ("train/purity_score", "test/purity_score", "train/nmi_score", "test/nmi_score")
NO_LABELS = ("train/silhouette_score", "map/trustworthiness")
PASSED_ON = ("MLFLOW_TRACKING_URI",)
"""What jobs need of the environment in which the sweep was started, where it is set there."""


class SweepCallback(Callback):  # type: ignore[misc]  # hydra has no types
    """Hydra calls this before the first and after the last job."""

    def __init__(self) -> None:
        self.store: Any = None
        self.parent: Any = None

    def on_multirun_start(self, config: Any, **kwargs: Any) -> None:  # noqa: ARG002
        """Check what all jobs share, create the store before they race for it, and start the parent run."""
        job.quiet()
        typed = job.typed(_without_sweep(config))
        try:
            self._begin(typed, list(config.hydra.overrides.task))
            _tell_jobs(config, self.parent.id)
        except Exception as error:  # no job could do better; Hydra would make a warning of it and start them all
            job.say(error, Path(typed.output_dir))
            raise SystemExit(2) from error

    def _begin(self, typed: Any, words: list[str]) -> None:
        from pipeline.tracking import Store

        self.store = Store(typed.tracking, Path(typed.output_dir))
        self.store.end_dead_runs(Console())
        self.parent = self.store.start("sweep", "sweep " + " ".join(words), None, {"pipeline.command": " ".join(words)})

    def on_multirun_end(self, config: Any, **kwargs: Any) -> None:  # noqa: ARG002
        """Gather the jobs' summaries into a table, a CSV and a figure, in the sweep's folder and the parent run."""
        if self.parent is None:
            return
        try:
            self._end(Path(config.hydra.sweep.dir))
        except Exception as error:  # Hydra would make a warning of it
            job.say(error, self.store.outputs)
            job.fail()

    def _end(self, folder: Path) -> None:
        rows, failures = gather(folder)
        console = Console()
        if rows:
            _conclude(rows, folder, self.parent, console)
        for place, reason in failures.items():
            console.say(f"job {place} failed: {reason}", "red")
        if failures:
            job.fail()
        self.parent.finish("FAILED" if failures else "FINISHED")
        if any("experiment" in row for row in rows):
            from pipeline.reproduction.write import gather as reproduce
            from pipeline.reproduction.write import write_outputs

            console.say(f"tables  {write_outputs(reproduce(self.store), self.store.outputs)}")
        console.say(f"sweep   {folder}")
        console.say(f"browse  {self.store.ui_command}")
        console.say(f"        {self.store.view}")


def _tell_jobs(config: Any, parent: str) -> None:
    """Have Hydra set the parent run, and a server's address, in each job, on whatever machine a launcher starts it."""
    from omegaconf import open_dict

    told = {"PIPELINE_SWEEP_RUN": parent} | {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    with open_dict(config):
        config.hydra.overrides.hydra += [f"++hydra.job.env_set.{name}='{value}'" for name, value in told.items()]


def _without_sweep(config: Any) -> Any:
    """The composed configuration less Hydra's own part, which resolves only inside a job."""
    from omegaconf import OmegaConf, open_dict

    copy = OmegaConf.create(config)
    with open_dict(copy):
        copy.pop("hydra")
    return copy


def gather(folder: Path) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """Return a row per finished job (job, swept keys, metrics) and the reason of each failed one, from its folder."""
    rows: list[dict[str, Any]] = []
    failures: dict[str, str] = {}
    for place in sorted((path for path in folder.iterdir() if path.is_dir()), key=_job_number):
        if (place / job.FAILURE).exists():
            failures[place.name] = (place / job.FAILURE).read_text()
        elif (place / "summary.json").exists():
            summary = json.loads((place / "summary.json").read_text())
            rows.append({"job": place.name, **_overrides(place), "run_id": summary["run_id"], **summary["metrics"]})
    return rows, failures


def _job_number(place: Path) -> tuple[int, str]:
    return (int(place.name), "") if place.name.isdigit() else (10**9, place.name)


def _overrides(place: Path) -> dict[str, str]:
    """The words that Hydra wrote down for a job, as key and value."""
    from omegaconf import OmegaConf

    words = OmegaConf.load(place / ".hydra" / "overrides.yaml")
    return {key: value for key, _, value in (str(word).partition("=") for word in words)}


def _conclude(rows: list[dict[str, Any]], folder: Path, parent: Any, console: Console) -> None:
    import pandas as pd

    table = pd.DataFrame(rows)
    swept = swept_keys(rows)
    table.to_csv(folder / "sweep.csv", index=False)
    parent.log_files(folder / "sweep.csv")
    _print(rows, swept, console)
    drawn = [name for name in FIGURE if name in table] or [name for name in NO_LABELS if name in table]
    if swept and drawn:
        from pipeline.figures_sweep import sweep_figure

        figure = sweep_figure(table, swept, drawn)
        figure.savefig(folder / "sweep.png", dpi=130)
        parent.log_files(folder / "sweep.png")
    best = {f"best/{name}": float(table[name].max()) for name in drawn}
    mean = {f"mean/{name}": float(table[name].mean()) for name in drawn}
    spread = {f"sd/{name}": float(table[name].std(ddof=1)) for name in drawn} if len(table) > 1 else {}
    parent.log_metrics({"jobs": float(len(table))} | best | mean | spread)


def swept_keys(rows: list[dict[str, Any]]) -> list[str]:
    """The overrides that differ between jobs, in the order in which they were given."""
    keys = [key for key in rows[0] if key not in ("job", "run_id")]
    keys = [key for key in keys if isinstance(rows[0][key], str)]
    return [key for key in keys if len({row.get(key) for row in rows}) > 1]


def _print(rows: list[dict[str, Any]], swept: list[str], console: Console) -> None:
    from rich.box import SIMPLE
    from rich.table import Table

    shown = [name for name in SHOWN if any(name in row for row in rows)]
    shown = shown or [name for name in NO_LABELS if any(name in row for row in rows)]
    table = Table(title="Sweep", title_justify="left", box=SIMPLE, collapse_padding=True, pad_edge=False)
    for key in swept or ["job"]:
        table.add_column(key.replace(".", ".\n"), no_wrap=True)
    for name in shown:
        # Two short lines, so that the table fits where no terminal says how wide it may be.
        table.add_column(
            name.removesuffix("_score").replace("/", "\n").replace("_", "\n"), justify="right", no_wrap=True
        )
    table.add_column("seconds", justify="right", no_wrap=True)
    for row in rows:
        cells = [number(row[name]) if name in row else "–" for name in shown] + [f"{row['wall_seconds']:.1f}"]
        table.add_row(*(str(row.get(key)) for key in swept or ["job"]), *cells)
    console.terminal.print(table)
