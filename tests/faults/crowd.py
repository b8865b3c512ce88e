"""Several real processes at once on a fresh database, and a parallel sweep that is killed in the middle."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import psutil

from pipeline.config import Tracking
from pipeline.tracking import Store
from tests.helpers import TINY, environment, pipeline, summaries

PROCESSES = 8
WORDS = ("stage=evaluate", *TINY)
SWEEP = (
    "--multirun", "hydra/launcher=joblib", "hydra.launcher.n_jobs=2", "neighbors.k=5,6,7,8",
    *(word for word in WORDS if not word.startswith("neighbors")),
)  # fmt: skip


def crowd() -> str:
    """Start eight times the same run, eight runs of their own, and a sweep to kill; return one line."""
    with tempfile.TemporaryDirectory() as folder:
        same, lost_of_same = together(Path(folder) / "same", [()] * PROCESSES)
        print(f"  the same run: {dict(same)}", flush=True)
        own, lost_of_own = together(Path(folder) / "own", [(f"seed={seed}",) for seed in range(PROCESSES)])
        print(f"  runs of their own: {dict(own)}", flush=True)
        reused, lost_of_sweep = killed_sweep(Path(folder) / "sweep")
    once = same["most runs a stage"]
    lost = lost_of_same + lost_of_own + lost_of_sweep + int(once != 1)
    return (
        f"crowd: {PROCESSES} processes at once, the same run: each stage computed {once} time; {PROCESSES} others: "
        f"{own['finished']} finished; a parallel sweep killed in the middle: {reused} finished jobs reused; {lost} lost"
    )


def together(outputs: Path, words: list[tuple[str, ...]]) -> tuple[Counter[str], int]:
    """Start a run for each of the words at once; return counts, and how many were lost."""
    outputs.mkdir()
    ours = environment() | {"PIPELINE_OUTPUTS": str(outputs)}
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "pipeline", *WORDS, *own, f"hydra.run.dir={outputs}/runs/{place}"],
            env=ours, cwd=outputs, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )
        for place, own in enumerate(words)
    ]  # fmt: skip
    said = [one.communicate()[0] for one in running]
    for one, text in zip(running, said, strict=True):
        if one.returncode:
            print(text[-2000:])
    found = summaries(outputs)
    stages = {name for summary in found for name in summary["stages"]}
    runs = {name: {one["stages"][name]["run_id"] for one in found} for name in stages}
    counts = Counter(finished=len(found))
    counts["most runs a stage"] = max(map(len, runs.values()), default=0)
    return counts, len(words) - len(found) + statuses(outputs)["RUNNING"]


def statuses(outputs: Path) -> Counter[str]:
    """How many runs of each status the store holds."""
    store = Store(Tracking(), outputs)
    found = store.client.search_runs([store.experiment_id], max_results=1000)
    return Counter(run.info.status for run in found)


def killed_sweep(outputs: Path) -> tuple[int, int]:
    """Kill a sweep in two processes once a job is done, and give it again; return jobs reused whole, and lost ones."""
    outputs.mkdir()
    ours = environment() | {"PIPELINE_OUTPUTS": str(outputs)}
    sweep = subprocess.Popen(
        [sys.executable, "-m", "pipeline", *SWEEP],
        env=ours, cwd=outputs, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    while sweep.poll() is None and not summaries(outputs, "sweeps"):
        time.sleep(0.02)
    kill_all(sweep)
    done = summaries(outputs, "sweeps")
    again = pipeline(*SWEEP, outputs=outputs)
    found = summaries(outputs, "sweeps")[len(done) :]
    keys = [one["config"]["neighbors"]["k"] for one in done]
    reused = [one for one in found if all(stage["reused"] for stage in one["stages"].values())]
    missed = [key for key in keys if key not in [one["config"]["neighbors"]["k"] for one in reused]]
    return len(reused), len(missed) + 4 - len(found) + int(again.returncode != 0) + statuses(outputs)["RUNNING"]


def kill_all(process: subprocess.Popen[bytes]) -> None:
    """End a process and those that it started as a power cut would."""
    everyone = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
    for one in everyone:
        if one.is_running():
            os.kill(one.pid, signal.SIGKILL)
    process.wait()
    psutil.wait_procs(everyone[1:], timeout=10)
