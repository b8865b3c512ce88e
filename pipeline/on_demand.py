"""Stages that use a finished run: look the run up, do what was asked, leave the files and a run of their own."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from pipeline.artifacts.base import Int
from pipeline.build import call
from pipeline.config import Config
from pipeline.console import Console, StageObserver
from pipeline.errors import UserError
from pipeline.finished import Finished, finished, last_two
from pipeline.quiet import muted
from pipeline.repeating.repeater import Repeater
from pipeline.tracking import Store, flatten


class Product(Protocol):
    """What such a stage makes."""

    def save(self, folder: Path) -> list[str]:
        """Write files below `folder` and return their names, the most important first."""

    def metrics(self) -> dict[str, float]:
        """Numbers for the tracking store."""

    def facts(self) -> list[str]:
        """Lines for the person."""


@dataclass(frozen=True)
class Use:
    """One such stage: which finished runs it takes, the call of its function, and whether that repeats stages."""

    runs: Callable[[Config, Store], tuple[Finished, ...]]
    make: Callable[..., Product]
    repeats: bool = False


def execute(config: Config, folder: Path, overrides: list[str], console: Console | None = None) -> dict[str, Any]:
    """Run the stage on demand that `config` asks for and return its metrics; its files go to `folder`."""
    name = config.on_demand
    use = USES[str(name)]
    console = console or Console()
    started = time.perf_counter()
    with muted():  # TensorFlow greets when a model is loaded
        import pipeline.assign  # noqa: F401
    store = Store(config.tracking, Path(config.output_dir))
    store.end_dead_runs(console)
    runs = use.runs(config, store)
    for run in runs:
        console.say(f"  uses run {run.run_id}, {run.name}")
    tags = {"pipeline.command": "python -m pipeline " + " ".join(overrides)}
    tags |= {f"pipeline.used.{place}": run.run_id for place, run in enumerate(runs)}
    with store.run(str(name), f"{name} · {' · '.join(run.name for run in runs)}", None, tags) as own:
        settings: Mapping[str, Any] = {"input": config.input, str(name): getattr(config, str(name)).model_dump()}
        own.log_params(flatten(settings))
        with console.stage(str(name), own.log_metrics) as observer:
            extra = {"repeater": Repeater(store, own)} if use.repeats else {}
            product = use.make(config, *runs, observer=observer, **extra)
        seconds = time.perf_counter() - started
        folder.mkdir(parents=True, exist_ok=True)
        written = product.save(folder)
        for file in written:
            own.log_files(folder / file)
        metrics = product.metrics() | {"wall_seconds": seconds}
        own.log_metrics(metrics)
    for line in product.facts():
        console.say(line)
    for file in written:
        console.say(f"         {folder / file}")
    console.say(f"run      {own.id}, {seconds:.1f} s")
    return metrics


def _one(config: Config, store: Store) -> tuple[Finished, ...]:
    return (finished(store, config.run),)


def _two(config: Config, store: Store) -> tuple[Finished, ...]:
    if config.runs == "last two":
        return last_two(store)
    if isinstance(config.runs, str) or len(config.runs) != 2 or config.runs[0] == config.runs[1]:
        raise UserError(f"runs = {config.runs!r}: give two runs by their ids, runs=[A,B], or 'last two'")
    first, second = (finished(store, asked, "runs") for asked in config.runs)
    return first, second


def _assign(config: Config, run: Finished, observer: StageObserver) -> Product:
    from pipeline.assign import PARTS
    from pipeline.data.new_images import read_new_images
    from pipeline.stages.assign import assign
    from pipeline.tables import Assigned

    pictures = read_new_images(str(config.input), *_as_fitted(run), observer)
    return Assigned(assign(config.assign, pictures, **run.load(*PARTS), observer=observer))


def _as_fitted(run: Finished) -> tuple[tuple[int, int, int], int]:
    """The shape of the run's images, and how many unreadable ones it put up with."""
    return run.load("images")["images"].shape, run.summary["config"]["data"]["skip_at_most"]


def _label(config: Config, run: Finished, observer: StageObserver) -> Product:
    from pipeline.labelling.answers import read_answers
    from pipeline.stages.label import label

    parts = run.load("images", "labels", "graph", "features", "clustering")
    images = parts["images"]
    answers = None
    if config.label.answers is not None:
        answers = read_answers(config.label.answers, images.names(images.split))
    return label(config.label, **parts, answers=answers, observer=observer)


def _compare(config: Config, first: Finished, second: Finished, observer: StageObserver) -> Product:
    from pipeline.comparing.sides import Side
    from pipeline.stages.compare import compare

    def side(run: Finished) -> Side:
        scores = {name: value for name, value in run.metrics.items() if name not in ("wall_seconds", "peak_mib")}
        return Side(run.name, run.run_id, scores, flatten(run.summary["config"]), **run.load("images", "clustering"))

    return compare(config.compare, side(first), side(second), observer=observer)


def _stability(config: Config, run: Finished, observer: StageObserver, repeater: Repeater) -> Product:
    from pipeline.repeating.agreement import ari
    from pipeline.repeating.plan import plan
    from pipeline.stages.stability import stability

    parts = run.load("images", "clustering")
    own = parts["clustering"].fitted
    planned, notes = plan(run.config, config.stability, len(own))
    for note in notes:
        observer.note(note)
    found: dict[str, list[Int]] = {source: [] for source in planned}
    total, reused = sum(map(len, planned.values())), 0
    for source, configs in planned.items():
        for place, one in enumerate(configs, 1):
            clusters, there = repeater.clusters(one)
            found[source].append(clusters)
            reused += there
            observer.measured(place, {f"{source}_ari_to_run": ari(own, clusters)})
            observer.progress(sum(map(len, found.values())), total, "repeats")
    if reused:
        observer.note(f"{reused} of {total} repeats were there already and were reused")
    return stability(config.stability, run.name, **parts, repeats=found, notes=notes, observer=observer)


def _how_many(config: Config, run: Finished, observer: StageObserver) -> Product:
    from pipeline.stages.how_many import how_many

    return how_many(config.how_many, run.name, **run.load("features", "clustering"), observer=observer)


def _shards(config: Config, run: Finished, observer: StageObserver) -> Product:
    from filelock import FileLock

    from pipeline.assign import PARTS, Assigner
    from pipeline.sharded.shards import find_shards
    from pipeline.stages.shards import shards

    engine = call(config.engine, "engine")
    pieces = find_shards(str(config.input), config.shards.rows)
    shape, skip_at_most = _as_fitted(run)
    assigner = Assigner.of(**run.load(*PARTS), far_quantile=config.shards.far_quantile)
    what = f"{run.run_id} {Path(str(config.input)).expanduser().resolve()} {config.shards.far_quantile}"
    folder = Path(config.output_dir) / "shards" / hashlib.sha256(what.encode()).hexdigest()[:16]
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / ".lock"):  # who gives the same command at the same time waits, and finds all of it done
        return shards(config.shards, pieces, assigner, shape, folder, engine, skip_at_most, observer)


USES = {
    "assign": Use(_one, _assign),
    "label": Use(_one, _label),
    "compare": Use(_two, _compare),
    "stability": Use(_one, _stability, repeats=True),
    "how_many": Use(_one, _how_many),
    "shards": Use(_one, _shards),
}
