"""Whole processes: the default run, the same again, a sweep, the help, what Numba compiles."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from itertools import count
from pathlib import Path

from tests.benchmarks import inputs
from tests.benchmarks.row import Row
from tests.benchmarks.sizes import Sizes
from tests.benchmarks.worker import Facts, Work
from tests.helpers import summaries

ROOT = Path(__file__).resolve().parents[2]


def python(*words: str, outputs: Path | None = None) -> None:
    """Run Python in a process of its own with the project on its path, and a store in `outputs`.

    Raises:
        RuntimeError: it failed; the message ends with what it said.
    """
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("MLFLOW", "PIPELINE", "HYDRA"))}
    own = {"PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3", "PIPELINE_OUTPUTS": str(outputs or ROOT / "outputs")}
    done = subprocess.run(
        [sys.executable, *words], cwd=ROOT, env=kept | own, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(words)}: {done.stderr[-2000:] or done.stdout[-2000:]}")


def fresh(sizes: Sizes, name: str) -> Path:
    """Return a new empty folder."""
    folder = next(place for number in count() if not (place := sizes.folder / f"{name}-{number}").exists())
    folder.mkdir(parents=True)
    return folder


def default_run(sizes: Sizes) -> Work:
    """The main job in a fresh store: every stage, with the map of all images, report and explorer.

    All that it imports is read from the disk before the clock starts, as it is for the published set-up.
    """
    if sizes.first:
        python("-m", "pipeline", *sizes.first, outputs=fresh(sizes, "little"))

    def work() -> Facts:
        outputs = fresh(sizes, "store")
        file = outputs / "tracked.json"
        python("-m", "tests.benchmarks.tracked", str(file), *sizes.words, outputs=outputs)
        (summary,) = summaries(outputs)
        facts: dict[str, float] = json.loads(file.read_text())
        return facts | {"accuracy": summary["metrics"]["train/accuracy_score"]}

    return work


def published_run(sizes: Sizes) -> Work:
    """The published set-up, plainly."""
    command = ("-m", "tests.benchmarks.published")
    if sizes.first:
        python(*command, "500", "1", "100")

    def work() -> Facts:
        python(*command, *map(str, (sizes.images, sizes.published_epochs, sizes.few)))
        return {}

    return work


def reused_run(sizes: Sizes) -> Work:
    """The main job where all its stages are stored; the store is that of the row `whole` where it was measured."""
    outputs = sizes.folder / "store-0"
    if not outputs.exists():
        default_run(sizes)()

    def work() -> Facts:
        python("-m", "pipeline", *sizes.words, outputs=outputs)
        return {}

    return work


def sweep(sizes: Sizes, *launcher: str) -> Work:
    """Jobs that share nothing but the images, each with a seed of its own, in a fresh store."""
    seeds = "seed=" + ",".join(map(str, range(sizes.jobs)))
    smaller = (f"data.train_size={sizes.job_images}", "data.test_size=200", "data.seed=0", "train.min_steps=100")
    quick = ("nulls.sample=0", "manifold=none", "project=pca", "cluster=kmeans", "tracking.models=false")

    def work() -> Facts:
        words = (*launcher, seeds, *sizes.words, *smaller, *quick)
        python("-m", "pipeline", "--multirun", *words, outputs=fresh(sizes, "sweep"))
        return {"jobs": sizes.jobs}

    return work


def sweep_parallel(sizes: Sizes) -> Work:
    """The same on two processes."""
    return sweep(sizes, "hydra/launcher=joblib", "hydra.launcher.n_jobs=2")


def help_text(sizes: Sizes) -> Work:
    """`python -m pipeline --help`."""

    def work() -> Facts:
        python("-m", "pipeline", "--help")
        return {}

    return work


def empty(sizes: Sizes) -> Work:
    """Python, doing nothing."""

    def work() -> Facts:
        python("-c", "pass")
        return {}

    return work


def first_umap(sizes: Sizes) -> Work:
    """UMAP of next to nothing as a process's first: what Numba compiles, and the import."""
    from pipeline.embeddings import umap

    latents, graph = inputs.latents(sizes, 200), inputs.graph(sizes, 20, 200)

    def work() -> Facts:
        started = time.perf_counter()
        umap(latents, graph, 10, n_epochs=2)
        return {"seconds": time.perf_counter() - started}

    return work


def second_umap(sizes: Sizes) -> Work:
    """The same once more."""
    work = first_umap(sizes)
    work()
    return work


WHOLE = Row(
    "from nothing to the end: ours the main job with map and report, the published set-up with its t-SNE of few",
    {"ours, `stage=all`": default_run, "published `cnn64_elu`": published_run},
    repeats=1,
    faster={"published `cnn64_elu`": 1 / 0.75},
    limits={"tracking share": 0.05},
)
REUSED = Row("the main job again, all of it stored", {"ours": reused_run}, limits={"seconds": 8.0})
SWEEP = Row(
    "a sweep of small jobs that share nothing", {"two processes": sweep_parallel, "in sequence": sweep}, repeats=1
)
HELP = Row("`--help`", {"ours": help_text, "empty Python": empty}, limits={"seconds": 1.0})
NUMBA = Row("what Numba compiles in each process: a tiny UMAP", {"first": first_umap, "again": second_umap}, repeats=1)
