"""Start the pipeline by the score: this process imports all that is slow, and each run is a fork of it.

A fork runs the real entry with the real arguments, from `main()` on, and is a process that can be killed. What it does
not do again is import TensorFlow and compile UMAP, which takes longer than the small run itself. The parent computes
nothing with TensorFlow, whose threads a fork would not have.
"""

import os
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import psutil
from rich.console import Console as Terminal

from pipeline.console import Console

BASE = (
    "stage=all", "data=digits", "data.train_size=200", "model.latent_dim=6", "neighbors.k=10", "manifold.n_epochs=30",
    "train.epochs=6", "train.min_steps=1", "train.batch_size=64", "train.consistency=0", "train.corruption.rotate=0",
    "train.corruption.shift=0", "train.corruption.scale=0", "train.corruption.mask=0.1", "project.n_epochs=30",
    "cluster.k=5", "cluster.estimator.n_init=2", "evaluate.trustworthiness_k=5", "nulls.sample=50", "report.dpi=30",
    "tracking.git_commit=false", "report.thumbnails=20", "report.examples=2", "report.reconstructions=3",
)  # fmt: skip
WORDS = (
    *BASE,
    "model.encoder=[{_target_: keras.layers.Flatten}, {_target_: keras.layers.Dropout, rate: 0.3}, "
    "{_target_: keras.layers.Dense, units: 6}, {_target_: keras.layers.BatchNormalization}]",
    "model.decoder=[{_target_: keras.layers.Dense, units: '@size'}, "
    "{_target_: keras.layers.Reshape, target_shape: ['@height', '@width', '@channels']}]",
)
"""A small full run, with a network that has what a checkpoint must not forget: dropout, moments, moving averages."""
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")


def warm(folder: Path) -> None:
    """Import and compile all that a run needs by a run without TensorFlow; one thread each, so that a fork has all."""
    os.environ |= dict.fromkeys(THREADS, "1")
    os.environ |= {"MPLBACKEND": "Agg", "NUMBA_THREADING_LAYER": "workqueue"}
    from pipeline import job

    job.quiet()
    from pipeline.quiet import muted
    from pipeline.recipe import RECIPE
    from pipeline.run import execute
    from tests.helpers import compose

    with muted():
        import mlflow.tensorflow  # noqa: F401

        import pipeline.models.training
        import pipeline.on_demand  # noqa: F401

        for step in RECIPE:
            step.function()
    config = compose(*BASE, "model=pca", outputs=folder)
    with Path(os.devnull).open("w") as nowhere:
        execute(config, folder / "run", [], console=Console(Terminal(file=nowhere)))


@dataclass
class Running:
    """A run of the pipeline, and the file of what it says."""

    pid: int
    log: Path
    started: float
    status: int | None = None

    def cpu(self) -> float:
        """The seconds of computing that it has had: a clock that does not care what else the machine does."""
        try:
            return sum(psutil.Process(self.pid).cpu_times()[:2])
        except psutil.NoSuchProcess:
            return 0.0

    def ended(self) -> bool:
        """Whether it has ended; `status` is its exit status then, or minus the signal's number."""
        if self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self.status = os.waitstatus_to_exitcode(status) if pid else None
        return self.status is not None

    def wait(self) -> int:
        """Its exit status, when it has ended."""
        while not self.ended():
            time.sleep(0.005)
        return int(self.status or 0)

    def kill(self) -> None:
        """End it as a power cut would."""
        if not self.ended():
            os.kill(self.pid, signal.SIGKILL)
            self.wait()

    def said(self) -> str:
        """What it has said so far."""
        return self.log.read_text() if self.log.exists() else ""


def start(words: tuple[str, ...], outputs: Path, temporary: Path, log: Path) -> Running:
    """Run `python -m pipeline WORDS` in a fork of this process."""
    started = time.perf_counter()
    pid = os.fork()
    if pid:
        return Running(pid, log, started)
    status = 70
    try:
        os.environ |= {"PIPELINE_OUTPUTS": str(outputs), "TMPDIR": str(temporary)}
        stream = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(stream, 1)
        os.dup2(stream, 2)
        sys.argv = ["pipeline", *words]
        import tempfile

        from pipeline.__main__ import main

        tempfile.tempdir = None
        try:
            main()
            status = 0
        except SystemExit as end:
            status = int(end.code or 0)
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(status)
