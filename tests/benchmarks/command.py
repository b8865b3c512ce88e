"""Rows that measure whole processes: the default run, its repetition, a sweep, the help, Numba's compilation."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path

from tests.benchmarks import inputs
from tests.benchmarks.row import Row
from tests.benchmarks.sizes import Sizes
from tests.benchmarks.worker import Facts, Work
from tests.helpers import summaries

ROOT = Path(__file__).resolve().parents[2]
SMALL = ("data.train_size=2000", "data.test_size=500")


def run_python(*words: str, outputs: Path | None = None, **settings: str) -> None:
    """Run Python in a new process with the project on its path, a store in `outputs`, and environment variables.

    Raises:
        RuntimeError: the process failed; the message ends with its output.
    """
    inherited = {key: value for key, value in os.environ.items() if not key.startswith(("MLFLOW", "PIPELINE", "HYDRA"))}
    variables = {
        "PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH")))),
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "PIPELINE_OUTPUTS": str(outputs or ROOT / "outputs"),
    }
    process = subprocess.run(
        [sys.executable, *words],
        cwd=ROOT,
        env=inherited | variables | settings,
        capture_output=True,
        text=True,
        check=False,
    )
    if process.returncode:
        raise RuntimeError(f"{' '.join(words)}: {process.stderr[-2000:] or process.stdout[-2000:]}")


def count_busy_cores(run: Callable[[], None]) -> float:
    """Run processes, and return their processor time over the time that passed: how many cores were busy on average."""

    def processor_time() -> float:
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        return usage.ru_utime + usage.ru_stime

    before, started = processor_time(), time.perf_counter()
    run()
    return (processor_time() - before) / (time.perf_counter() - started)


def new_folder(sizes: Sizes, name: str) -> Path:
    """Return a new empty folder."""
    folder = next(path for number in count() if not (path := sizes.folder / f"{name}-{number}").exists())
    folder.mkdir(parents=True)
    return folder


def default_run(sizes: Sizes, *words: str) -> Work:
    """The main job in a new store: every stage, with the map of all images, report and explorer; `words` change it.

    A small run first reads all imports from the disk, for this arm and for the published set-up alike.
    """
    if sizes.warm_up:
        run_python("-m", "pipeline", *sizes.warm_up, outputs=new_folder(sizes, "warm-up"))

    def work() -> Facts:
        outputs = new_folder(sizes, "changed" if words else "store")
        file = outputs / "tracked.json"
        command = ("-m", "tests.benchmarks.tracked", str(file), *words, *sizes.words)
        cores = count_busy_cores(lambda: run_python(*command, outputs=outputs))
        (summary,) = summaries(outputs)
        facts: dict[str, float] = json.loads(file.read_text())
        return facts | {"accuracy": summary["metrics"]["train/accuracy_score"], "busy cores": cores}

    return work


def published_run(sizes: Sizes) -> Work:
    """The published set-up as its sources run it."""
    command = ("-m", "tests.benchmarks.published")
    if sizes.warm_up:
        run_python(*command, "500", "1", "100")

    def work() -> Facts:
        numbers = map(str, (sizes.images, sizes.published_epochs, sizes.few))
        return {"busy cores": count_busy_cores(lambda: run_python(*command, *numbers))}

    return work


def self_training_run(sizes: Sizes) -> Work:
    """The same with self-training."""
    return default_run(sizes, "refine=self_training")


def small_run(sizes: Sizes) -> Work:
    """The same of 2,000 images."""
    return default_run(sizes, *SMALL)


def small_sweep(sizes: Sizes) -> Work:
    """Four such runs with other latent sizes in one process."""

    def work() -> Facts:
        words = ("model.latent_dim=8,16,32,64", *SMALL, *sizes.words)
        run_python("-m", "pipeline", "--multirun", *words, outputs=new_folder(sizes, "small-sweep"))
        return {"jobs": 4}

    return work


def reused_run(sizes: Sizes) -> Work:
    """The main job with all its stages stored, in the store of the row `whole` if that row was measured."""
    outputs = sizes.folder / "store-0"
    if not outputs.exists():
        default_run(sizes)()

    def work() -> Facts:
        run_python("-m", "pipeline", *sizes.words, outputs=outputs)
        return {}

    return work


def sweep(sizes: Sizes, *launcher: str) -> Work:
    """Jobs with different seeds, which share only the images, in a new store."""
    seeds = "seed=" + ",".join(map(str, range(sizes.jobs)))
    small = (f"data.train_size={sizes.job_images}", "data.test_size=200", "data.seed=0", "train.min_steps=100")
    fast = ("baselines.sample=0", "manifold=none", "project=pca", "cluster=kmeans", "tracking.models=false")

    def work() -> Facts:
        words = (*launcher, seeds, *sizes.words, *small, *fast)
        run_python("-m", "pipeline", "--multirun", *words, outputs=new_folder(sizes, "sweep"))
        return {"jobs": sizes.jobs}

    return work


def sweep_parallel(sizes: Sizes) -> Work:
    """The same in two processes."""
    return sweep(sizes, "hydra/launcher=joblib", "hydra.launcher.n_jobs=2")


def threaded_stages(sizes: Sizes) -> Work:
    """The stages with threads of their own, neighbors, manifold and cluster, on principal components."""

    def work() -> Facts:
        outputs = new_folder(sizes, "stages")
        words = ("stage=[neighbors,manifold,cluster]", "model=pca", "data.test_size=1000", "tracking.models=false")
        run_python("-m", "pipeline", *sizes.words, *words, outputs=outputs)
        (summary,) = summaries(outputs)
        seconds = {name: summary["stages"][name]["seconds"] for name in ("neighbors", "manifold", "cluster")}
        return {"seconds": sum(seconds.values())} | seconds

    return work


def threaded_stages_on_busy_machine(sizes: Sizes) -> Work:
    """The same while another process keeps one core busy."""
    alone = threaded_stages(sizes)

    def work() -> Facts:
        other = subprocess.Popen([sys.executable, "-c", "while True: pass"])
        try:
            return alone()
        finally:
            other.kill()
            other.wait()

    return work


def show_help(sizes: Sizes) -> Work:
    """`python -m pipeline --help`."""

    def work() -> Facts:
        run_python("-m", "pipeline", "--help")
        return {}

    return work


def empty_python(sizes: Sizes) -> Work:
    """Python without any work."""

    def work() -> Facts:
        run_python("-c", "pass")
        return {}

    return work


def first_umap(sizes: Sizes) -> Work:
    """The first UMAP of a process, on 200 points: imports and Numba's compilation."""
    from pipeline.embedding.methods import umap

    latents, graph = inputs.latents(sizes, 200), inputs.graph(sizes, 20, 200)

    def work() -> Facts:
        started = time.perf_counter()
        umap(latents, graph, 10, n_epochs=2)
        return {"seconds": time.perf_counter() - started}

    return work


def second_umap(sizes: Sizes) -> Work:
    """The second UMAP of the process."""
    work = first_umap(sizes)
    work()
    return work


WHOLE_ROW = Row(
    "the whole process: our main job with map and report; the published set-up with its t-SNE of few images",
    {"ours, `stage=all`": default_run, "published `cnn64_elu`": published_run},
    repeats=3,
    target_ratios={"published `cnn64_elu`": 1.6},
    limits={"tracking share": 0.05, "peak memory": 1536},
)
SELF_TRAINING_ROW = Row(
    "the same with self-training",
    {"ours, `refine=self_training`": self_training_run, "published `cnn64_elu`": published_run},
    repeats=2,
    target_ratios={"published `cnn64_elu`": 1 / 1.3},
)
SMALL_ROW = Row("the main job on 2,000 images of MNIST", {"ours": small_run}, limits={"seconds": 40.0})
SMALL_SWEEP_ROW = Row(
    "a sweep of four latent sizes on them", {"ours": small_sweep}, repeats=1, limits={"seconds": 120.0}
)
REUSED_ROW = Row("the main job with all stages stored", {"ours": reused_run}, limits={"seconds": 2.5})
SWEEP_ROW = Row(
    "a sweep of small jobs without shared stages",
    {"two processes": sweep_parallel, "in sequence": sweep},
    repeats=1,
    target_ratios={"in sequence": 1.6},
)
BUSY_ROW = Row(
    "neighbours, UMAP and mixture of the principal components of all images",
    {"ours": threaded_stages, "ours, beside a process that keeps a core busy": threaded_stages_on_busy_machine},
    repeats=2,
)
HELP_ROW = Row("`--help`", {"ours": show_help, "empty Python": empty_python}, limits={"seconds": 1.0})
NUMBA_ROW = Row(
    "Numba's compilation in each process: a small UMAP", {"first": first_umap, "again": second_umap}, repeats=1
)
