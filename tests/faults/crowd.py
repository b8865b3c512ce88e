"""Concurrent runs on one new database, equal and different ones, and a parallel sweep that is killed and resumed."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import psutil

from pipeline.config import Tracking
from pipeline.runtime.observer import RunObserver
from pipeline.tracking import Store
from tests.helpers import TINY, environment, new_process, summaries

PROCESSES = 8
OVERRIDES = ("stage=evaluate", *TINY)
SWEEP = (
    "--multirun", "hydra/launcher=joblib", "hydra.launcher.n_jobs=2", "neighbors.k=5,6,7,8", *OVERRIDES,
)  # fmt: skip


def crowd() -> str:
    """Run eight equal runs at once, then eight different ones, then kill and resume a sweep; return one line."""
    with tempfile.TemporaryDirectory() as folder:
        text, lost = run_equal_and_different(Path(folder))
        reused, lost_jobs = kill_and_resume_sweep(Path(folder) / "sweep")
    return f"crowd: {text}; a parallel sweep killed and resumed: {reused} finished jobs reused; {lost + lost_jobs} lost"


def run_equal_and_different(
    folder: Path, server: dict[str, str] | None = None, meanwhile: Callable[[Path], None] | None = None
) -> tuple[str, int]:
    """Run eight equal runs at once, then eight different ones, by `run_together`; return what happened, and the losses.

    A stage of equal runs that is computed more than once counts as a loss.
    """
    equal, lost_equal = run_together(folder / "equal", [()] * PROCESSES, server, meanwhile)
    print(f"  equal runs: {dict(equal)}", flush=True)
    seeds = [(f"seed={seed}",) for seed in range(PROCESSES)]
    different, lost_different = run_together(folder / "different", seeds, server, meanwhile)
    print(f"  different runs: {dict(different)}", flush=True)
    computations = equal["computations of a stage"]
    text = (
        f"{PROCESSES} equal runs at once: each stage computed {computations} time; {PROCESSES} different runs: "
        f"{different['finished']} finished"
    )
    return text, lost_equal + lost_different + int(computations != 1)


def run_together(
    outputs: Path,
    variants: list[tuple[str, ...]],
    server: dict[str, str] | None = None,
    meanwhile: Callable[[Path], None] | None = None,
) -> tuple[Counter[str], int]:
    """Start a run for each variant at once; return counts, and how many runs were lost or stayed RUNNING.

    `server` are variables that name a server and a user; `meanwhile` is called after the start.
    """
    outputs.mkdir()
    variables = environment() | {"PIPELINE_OUTPUTS": str(outputs)} | (server or {})
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "pipeline", *OVERRIDES, *variant, f"hydra.run.dir={outputs}/runs/{index}"],
            env=variables, cwd=outputs, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )
        for index, variant in enumerate(variants)
    ]  # fmt: skip
    if meanwhile is not None:
        meanwhile(outputs)
    for process in processes:
        text, _ = process.communicate()
        if process.returncode:
            print(text[-2000:])
    if server:  # a request that was repeated may have started a run twice
        Store(Tracking(), outputs).kill_orphaned_runs(RunObserver())
    finished = summaries(outputs)
    stages = {name for summary in finished for name in summary["stages"]}
    run_ids = [{summary["stages"][name]["run_id"] for summary in finished} for name in stages]
    counts = Counter({"finished": len(finished), "computations of a stage": max(map(len, run_ids), default=0)})
    return counts, len(variants) - len(finished) + count_statuses(outputs)["RUNNING"]


def count_statuses(outputs: Path) -> Counter[str]:
    """Return the number of runs in the store by status."""
    store = Store(Tracking(), outputs)
    runs = store.client.search_runs([store.experiment_id], max_results=1000)
    return Counter(run.info.status for run in runs)


def kill_and_resume_sweep(outputs: Path) -> tuple[int, int]:
    """Kill a sweep in two processes after its first job, and repeat it; return how many jobs were reused and lost."""
    outputs.mkdir()
    sweep = subprocess.Popen(
        [sys.executable, "-m", "pipeline", *SWEEP],
        env=environment() | {"PIPELINE_OUTPUTS": str(outputs)}, cwd=outputs,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    while sweep.poll() is None and not summaries(outputs, "sweeps"):
        time.sleep(0.02)
    kill_tree(sweep)
    before = summaries(outputs, "sweeps")
    result = new_process(*SWEEP, outputs=outputs)
    after = summaries(outputs, "sweeps")[len(before) :]
    reused = [summary for summary in after if all(stage["reused"] for stage in summary["stages"].values())]
    reused_keys = {summary["config"]["neighbors"]["k"] for summary in reused}
    recomputed = [summary for summary in before if summary["config"]["neighbors"]["k"] not in reused_keys]
    missing = 4 - len(after)
    lost = len(recomputed) + missing + int(result.returncode != 0) + count_statuses(outputs)["RUNNING"]
    return len(reused), lost


def kill_tree(process: subprocess.Popen[bytes]) -> None:
    """Kill a process and its descendants."""
    descendants = psutil.Process(process.pid).children(recursive=True)
    for target in [psutil.Process(process.pid), *descendants]:
        if target.is_running():
            os.kill(target.pid, signal.SIGKILL)
    process.wait()
    psutil.wait_procs(descendants, timeout=10)
