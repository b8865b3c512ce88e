"""Start many runs quickly: this process imports and compiles everything, and each run is a fork of it.

A fork executes `pipeline.__main__.main()` with its arguments and can be killed. It does not import TensorFlow or
compile UMAP again, which takes longer than the small run itself. The parent computes nothing with TensorFlow: its
threads would be missing in a fork.
"""

import os
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

BASE = (
    "stage=all", "data=digits", "data.train_size=200", "model.latent_dim=6", "neighbors.k=10", "manifold.n_epochs=30",
    "train.epochs=6", "train.min_steps=1", "train.batch_size=64", "train.barlow_twins_weight=0",
    "train.corruption.rotate=0", "train.corruption.shift=0", "train.corruption.scale=0", "train.corruption.mask=0.1",
    "project.n_epochs=30", "cluster.k=5", "cluster.estimator.n_init=2", "evaluate.trustworthiness_k=5",
    "baselines.sample=50", "report.dpi=30", "tracking.git_commit=false", "report.thumbnails=20", "report.examples=2",
    "report.reconstructions=3",
)  # fmt: skip
OVERRIDES = (
    *BASE,
    "model.encoder=[{_target_: keras.layers.Flatten}, {_target_: keras.layers.Dropout, rate: 0.3}, "
    "{_target_: keras.layers.Dense, units: 6}, {_target_: keras.layers.BatchNormalization}]",
    "model.decoder=[{_target_: keras.layers.Dense, units: '@size'}, "
    "{_target_: keras.layers.Reshape, target_shape: ['@height', '@width', '@channels']}]",
)
"""A small full run. The network has all state that a checkpoint must hold: dropout, optimizer, moving averages."""

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")


def warm_up(folder: Path) -> None:
    """Import and compile everything by a run without TensorFlow, on one thread, since a fork has no other threads."""
    os.environ |= dict.fromkeys(THREADS, "1")
    os.environ |= {"MPLBACKEND": "Agg", "NUMBA_THREADING_LAYER": "workqueue"}
    from pipeline.runtime.environment import set_library_environment

    set_library_environment()
    from pipeline.runtime.stderr import mute_stderr
    from pipeline.workflow.execution import execute_run
    from tests.helpers import compose

    with mute_stderr():
        import mlflow.tensorflow  # noqa: F401

        import pipeline.models.training
        import pipeline.workflow.run_action  # noqa: F401
    execute_run(compose(*BASE, "model=pca", outputs=folder), folder / "run", [])


@dataclass
class ForkedRun:
    """A run of the pipeline in a fork; `log` is the file with its output, `status` its exit status once it ended."""

    pid: int
    log: Path
    status: int | None = None

    def cpu_seconds(self) -> float:
        """Return the processor time used so far, a clock that other programs hardly change."""
        try:
            return sum(psutil.Process(self.pid).cpu_times()[:2])
        except psutil.NoSuchProcess:
            return 0.0

    def has_ended(self) -> bool:
        """Return whether it has ended; `status` is then set, to minus the signal's number if it was killed."""
        if self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self.status = os.waitstatus_to_exitcode(status) if pid else None
        return self.status is not None

    def wait(self) -> int:
        """Wait for its end and return the exit status."""
        while not self.has_ended():
            time.sleep(0.005)
        return int(self.status or 0)

    def kill(self) -> None:
        """Kill it, as a power failure would."""
        if not self.has_ended():
            os.kill(self.pid, signal.SIGKILL)
            self.wait()

    def output(self) -> str:
        """Return what it has printed so far."""
        return self.log.read_text() if self.log.exists() else ""


def start_fork(overrides: tuple[str, ...], outputs: Path, temporary: Path, log: Path) -> ForkedRun:
    """Run `python -m pipeline OVERRIDES` in a fork of this process."""
    pid = os.fork()
    if pid:
        return ForkedRun(pid, log)
    status = 70
    try:
        os.environ |= {"PIPELINE_OUTPUTS": str(outputs), "TMPDIR": str(temporary)}
        stream = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(stream, 1)
        os.dup2(stream, 2)
        sys.argv = ["pipeline", *overrides]
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
