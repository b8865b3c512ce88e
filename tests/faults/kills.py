"""Kill runs at random moments and in each stage; the same command must then finish with the same metrics.

After each kill and repetition: finished stages were reused, an interrupted training was resumed after its last epoch,
the metrics equal those of an undisturbed run to the bit, no run is RUNNING, and no temporary file remains.
"""

import json
import platform
import random
import shutil
import sqlite3
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import version
from itertools import product
from pathlib import Path
from typing import Any

from pipeline.runtime.threads import usable_cores
from pipeline.tracking import open_client
from pipeline.workflow.recipe import STEPS
from tests.faults.warm import OVERRIDES, ForkedRun, start_fork, warm_up

RECORD = Path(__file__).parents[1] / "records" / "reliability" / "kills.json"
STAGES = list(STEPS)
WITHOUT_DATABASE = 5
"""Every fifth random trial starts without a database; creating one takes more than half of such a run."""
MOMENTS = ("first", "middle", "last")
VARYING_METRICS = {"wall_seconds", "peak_mib"}


class LostError(AssertionError):
    """A kill did lasting harm."""


@dataclass
class Bench:
    """The folder that all runs use in turn: the store holds absolute paths, so it cannot be moved.

    `counts` are the outcomes of the trials, `metrics` those of an undisturbed run. `starts` is the processor time at
    which each of its stages starts, and at which it ends.
    """

    root: Path
    counts: Counter[str] = field(default_factory=Counter)
    metrics: dict[str, float] = field(default_factory=dict)
    starts: dict[str, float] = field(default_factory=dict)

    @property
    def outputs(self) -> Path:
        """The outputs folder of the runs."""
        return self.root / "outputs"

    def start(self) -> ForkedRun:
        """Start the run with the present contents of the outputs folder."""
        for name in ("outputs", "temporary"):
            (self.root / name).mkdir(exist_ok=True)
        return start_fork(OVERRIDES, self.outputs, self.root / "temporary", self.root / "log.txt")

    def prepare(self) -> None:
        """Run undisturbed, measure when each stage starts, and keep the outputs for `restore_before`."""
        open_client(f"sqlite:///{self.root / 'mlflow.db'}")
        self.clear()
        run = self.start()
        while not run.has_ended():
            now, output = run.cpu_seconds(), run.output()
            started = [stage for stage in STAGES if stage not in self.starts and f"  {stage} …" in output]
            self.starts |= dict.fromkeys(started, now)
            self.starts["end"] = max(now, self.starts.get("end", 0.0))
            time.sleep(0.002)
        check(run.status == 0, "the undisturbed run fails", run)
        self.metrics = self.read_summary()["metrics"]
        shutil.copytree(self.outputs, self.root / "snapshot")

    def clear(self, without_database: bool = False) -> None:
        """Empty the outputs folder, except for an empty database."""
        shutil.rmtree(self.outputs, ignore_errors=True)
        self.outputs.mkdir()
        if not without_database:
            shutil.copy(self.root / "mlflow.db", self.outputs)

    def restore_before(self, stage: str) -> None:
        """Restore the undisturbed outputs, with the results of `stage` and all later stages marked as FAILED."""
        shutil.rmtree(self.outputs)
        shutil.copytree(self.root / "snapshot", self.outputs)
        later = STAGES[STAGES.index(stage) :]
        with closing(sqlite3.connect(self.outputs / "mlflow.db")) as store, store:
            runs = store.execute("SELECT run_uuid, value FROM tags WHERE key = 'pipeline.stage'").fetchall()
            for run in [run for run, name in runs if name in later]:
                store.execute("UPDATE runs SET status = 'FAILED' WHERE run_uuid = ?", (run,))

    def read_summary(self) -> dict[str, Any]:
        """Return the summary of the newest run."""
        newest = max((self.outputs / "runs").rglob("summary.json"), key=lambda path: path.stat().st_mtime_ns)
        summary: dict[str, Any] = json.loads(newest.read_text())
        return summary

    def run_names(self, status: str) -> set[str]:
        """Return the names of the runs with a status; the run of a stage has the name of the stage."""
        if not (self.outputs / "mlflow.db").exists():
            return set()
        with closing(sqlite3.connect(self.outputs / "mlflow.db")) as store:
            has_table = store.execute("SELECT name FROM sqlite_master WHERE name = 'runs'").fetchall()
            rows = store.execute("SELECT name FROM runs WHERE status = ?", (status,)).fetchall() if has_table else []
        return {name for (name,) in rows}

    def result_folders(self) -> set[Path]:
        """Return the folders of all results, complete or not."""
        return set(self.outputs.glob("artifacts/*/*/artifacts/result"))

    def temporary_files(self) -> list[Path]:
        """Return the files that no run should leave behind."""
        partial_files = [path for path in self.outputs.rglob(".*") if ".part" in path.name]
        return [*self.outputs.glob(".scratch/*"), *partial_files, *(self.root / "temporary").iterdir()]


def check(condition: bool, message: str, run: ForkedRun) -> None:
    """Raise a `LostError` with the end of the run's output unless the condition holds."""
    if not condition:
        raise LostError(f"{message}\n{run.output()[-2000:]}")


def repeat_and_check(bench: Bench) -> None:
    """Run the same command again after a kill, and check everything that must hold."""
    finished = bench.run_names("FINISHED") & set(STAGES)
    interrupted = bench.run_names("RUNNING") & set(STAGES)
    has_checkpoint = any(bench.outputs.glob(".scratch/*/training.npz"))
    run = bench.start()
    check(run.wait() == 0, "the same command fails", run)
    summary = bench.read_summary()
    reused = {name for name, stage in summary["stages"].items() if stage["reused"]}
    check(set(summary["stages"]) == set(STAGES), "stages are missing", run)
    check(reused >= finished, f"finished stages are computed again: {finished - reused}", run)
    check(summary["metrics"].keys() == bench.metrics.keys(), "the names of the metrics differ", run)
    names = bench.metrics.keys() - VARYING_METRICS
    different = sorted(name for name in names if summary["metrics"][name] != bench.metrics[name])
    check(not different, f"metrics differ: {different}", run)
    check(not bench.run_names("RUNNING"), "a run is still RUNNING", run)
    resumed = "resumed after epoch" in run.output()
    check(resumed == (has_checkpoint and "train" not in finished), "the training is not resumed", run)
    check(not bench.temporary_files(), f"temporary files remain: {bench.temporary_files()}", run)
    check("Traceback" not in run.output(), "a traceback is printed", run)
    bench.counts.update(["survived"], resumed=resumed, reused=len(finished))
    bench.counts[f"in {min(interrupted, key=STAGES.index)}" if interrupted else "between stages"] += 1


def wait_for(run: ForkedRun, condition: Callable[[], object]) -> None:
    """Wait until a condition holds or the run ends."""
    while not run.has_ended() and not condition():
        time.sleep(0.001)


def kill_at_random(bench: Bench, share: float, without_database: bool) -> None:
    """Kill a run after a share of its processor time; if it ended before, another one a little earlier."""
    bench.clear(without_database)
    run = bench.start()
    wait_for(run, lambda: run.cpu_seconds() >= share * bench.starts["end"])
    if run.has_ended():
        return kill_at_random(bench, 0.9 * share, without_database)
    run.kill()
    return repeat_and_check(bench)


def kill_in_stage(bench: Bench, stage: str, moment: str) -> None:
    """Kill a run when a stage starts, after half of its processor time, or while its result is being written."""
    bench.restore_before(stage)
    results = bench.result_folders()
    run = bench.start()
    wait_for(run, lambda: f"  {stage} …" in run.output())
    if moment == "middle" and stage == "train":
        wait_for(run, lambda: "train 3:" in run.output())
    elif moment == "middle":
        next_stage = [*STAGES, "end"][STAGES.index(stage) + 1]
        middle = run.cpu_seconds() + (bench.starts[next_stage] - bench.starts[stage]) / 2
        wait_for(run, lambda: run.cpu_seconds() >= middle)
    elif moment == "last":
        wait_for(run, lambda: bench.result_folders() - results)
    check(not run.has_ended(), f"the run ended before the {moment} moment of {stage}", run)
    run.kill()
    repeat_and_check(bench)


def kills(
    randoms: int = 50,
    moments: Iterable[tuple[str, str]] = tuple(product(STAGES, MOMENTS)),
    seed: int = 0,
    record: Path | None = RECORD,
) -> str:
    """Kill `randoms` runs at random, and one at each (stage, moment); write the record and return one line."""
    started = time.perf_counter()
    moments = list(moments)
    with tempfile.TemporaryDirectory() as folder:
        warm_up(Path(folder) / "warm")
        bench = Bench(Path(folder).resolve())
        bench.prepare()
        print(f"an undisturbed run takes {bench.starts['end']:.1f} s of processor time", flush=True)
        generator = random.Random(seed)
        shares = [generator.random() for _ in range(randoms)]
        trials: list[tuple[str, Callable[[], None]]] = [
            (f"at {share:.3f} of its time", partial(kill_at_random, bench, share, number % WITHOUT_DATABASE == 0))
            for number, share in enumerate(shares)
        ]
        trials += [(f"{moment} of {stage}", partial(kill_in_stage, bench, stage, moment)) for stage, moment in moments]
        lost = run_trials(trials)
    counts = bench.counts
    line = (
        f"kills: {randoms} random, {len(moments)} at stages; {counts['survived']} survived, {len(lost)} lost"
        f"{', metrics identical' if not lost else ': ' + '; '.join(lost)}"
    )
    if record is not None:
        write_record(record, randoms, len(moments), seed, bench, lost, time.perf_counter() - started)
    return line


def run_trials(trials: list[tuple[str, Callable[[], None]]]) -> list[str]:
    """Run named trials, print a line for each, and return the names of those that lost something."""
    lost = []
    for number, (name, trial) in enumerate(trials, 1):
        started = time.perf_counter()
        try:
            trial()
            outcome = "survived"
        except LostError as error:
            lost.append(name)
            outcome = f"LOST: {error}"
        print(f"{number:3d}/{len(trials)} {name:<26} {time.perf_counter() - started:5.1f} s  {outcome}", flush=True)
    return lost


def write_record(
    record: Path, randoms: int, moments: int, seed: int, bench: Bench, lost: list[str], seconds: float
) -> None:
    """Write the counts, and what they were measured with, to a JSON file."""
    killed = {name: count for name, count in sorted(bench.counts.items()) if name.startswith(("in ", "between"))}
    values = {
        "random": randoms, "at_stages": moments, "survived": bench.counts["survived"], "lost": lost, "seed": seed,
        "trainings_resumed": bench.counts["resumed"], "finished_stages_reused": bench.counts["reused"],
        "killed": killed, "undisturbed_cpu_seconds": round(bench.starts["end"], 1), "seconds": round(seconds),
        "cores": usable_cores(), "python": platform.python_version(),
        "versions": {name: version(name) for name in ("tensorflow", "keras", "mlflow", "umap-learn", "scikit-learn")},
        "command": "python -m tests.faults kills",
    }  # fmt: skip
    record.parent.mkdir(parents=True, exist_ok=True)
    record.write_text(json.dumps(values, indent=1) + "\n")
