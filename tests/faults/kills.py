"""Kill the pipeline at random moments and in each stage; then the same command must finish with the same numbers.

After each kill: what had finished is reused, a training goes on from its last epoch, the metrics are the undisturbed
run's to the bit, no run stays RUNNING, and no temporary file stays.
"""

import json
import os
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
from pathlib import Path
from typing import Any

from pipeline.stage_names import STAGES
from pipeline.tracking import prepare as make_store
from tests.faults.warm import WORDS, Running, start, warm

RECORD = Path(__file__).parents[1] / "records" / "reliability" / "kills.json"
BARE = 5
"""Of the random trials each fifth begins without a database, whose making takes longer than half of the run."""
MOMENTS = ("first", "middle", "last")
PASSING = {"wall_seconds", "peak_mib"}


class LostError(AssertionError):
    """A run that a kill has harmed."""


@dataclass
class Bench:
    """The folder that all runs work in, always the same one: the store holds absolute paths."""

    root: Path
    counts: Counter[str] = field(default_factory=Counter)
    undisturbed: dict[str, Any] = field(default_factory=dict)
    begun: dict[str, float] = field(default_factory=dict)
    """When each stage begins in an undisturbed run, and when it all ends, in its seconds of computing."""

    @property
    def outputs(self) -> Path:
        """What runs leave."""
        return self.root / "outputs"

    def start(self) -> Running:
        """Start the run, on what is there."""
        for name in ("outputs", "temporary"):
            (self.root / name).mkdir(exist_ok=True)
        return start(WORDS, self.outputs, self.root / "temporary", self.root / "log.txt")

    def prepare(self) -> None:
        """Run undisturbed, and keep the outputs for trials that begin in the middle."""
        make_store(f"sqlite:///{self.root / 'mlflow.db'}")
        self.empty()
        run = self.start()
        while not run.ended():
            now, said = run.cpu(), run.said()
            self.begun |= {stage: now for stage in STAGES if stage not in self.begun and f"  {stage} …" in said}
            self.begun["end"] = max(now, self.begun.get("end", 0.0))
            time.sleep(0.002)
        check(run.status == 0, "the undisturbed run fails", run)
        self.undisturbed = self.summary()
        shutil.copytree(self.outputs, self.root / "snapshot")

    def empty(self, bare: bool = False) -> None:
        """Begin with an empty database, or with nothing at all."""
        shutil.rmtree(self.outputs, ignore_errors=True)
        self.outputs.mkdir()
        if not bare:
            shutil.copy(self.root / "mlflow.db", self.outputs)

    def before(self, stage: str) -> None:
        """Begin with all that stands before a stage; what else is there counts as failed."""
        shutil.rmtree(self.outputs)
        shutil.copytree(self.root / "snapshot", self.outputs)
        later = list(STAGES)[list(STAGES).index(stage) :]
        with closing(sqlite3.connect(self.outputs / "mlflow.db")) as store, store:
            runs = store.execute("SELECT run_uuid, value FROM tags WHERE key = 'pipeline.stage'").fetchall()
            for run in [run for run, name in runs if name in later]:
                store.execute("UPDATE runs SET status = 'FAILED' WHERE run_uuid = ?", (run,))

    def summary(self) -> dict[str, Any]:
        """The newest run's summary."""
        newest = max((self.outputs / "runs").rglob("summary.json"), key=lambda path: path.stat().st_mtime_ns)
        found: dict[str, Any] = json.loads(newest.read_text())
        return found

    def stages(self, status: str) -> set[str]:
        """The stages that have a run of this status; a run that is no stage's counts by its name."""
        if not (self.outputs / "mlflow.db").exists():
            return set()
        with closing(sqlite3.connect(self.outputs / "mlflow.db")) as store:
            there = store.execute("SELECT name FROM sqlite_master WHERE name = 'runs'").fetchall()
            found = store.execute("SELECT name FROM runs WHERE status = ?", (status,)).fetchall() if there else []
        return {name for (name,) in found}

    def results(self) -> set[Path]:
        """The folders of stages' results, whole or not."""
        return set(self.outputs.glob("artifacts/*/*/artifacts/result"))


def check(right: bool, message: str, run: Running) -> None:
    """Raise with what the run said if something is not right."""
    if not right:
        raise LostError(f"{message}\n{run.said()[-2000:]}")


def recover(bench: Bench) -> None:
    """Give the same command again and look at what comes of it."""
    finished, under_way = bench.stages("FINISHED") & set(STAGES), bench.stages("RUNNING") & set(STAGES)
    kept = next(bench.outputs.glob(".scratch/*/training.npz"), None)
    run = bench.start()
    check(run.wait() == 0, "the same command fails", run)
    summary = bench.summary()
    reused = {name for name, stage in summary["stages"].items() if stage["reused"]}
    check(set(summary["stages"]) == set(STAGES), "stages are missing", run)
    check(reused >= finished, f"computed again though finished: {finished - reused}", run)
    unequal = {
        name
        for name, value in bench.undisturbed["metrics"].items()
        if name not in PASSING and summary["metrics"].get(name) != value
    }
    check(not unequal, f"other metrics: {sorted(unequal)}", run)
    check(summary["metrics"].keys() == bench.undisturbed["metrics"].keys(), "other names of metrics", run)
    check(not bench.stages("RUNNING"), "a run stays RUNNING", run)
    resumed = "goes on after epoch" in run.said()
    check(resumed == (kept is not None and "train" not in finished), "the training does not go on", run)
    left = [*bench.outputs.glob(".scratch/*"), *bench.outputs.glob("*.new"), *(bench.root / "temporary").iterdir()]
    check(not left, f"litter stays: {left}", run)
    check("Traceback" not in run.said(), "a traceback", run)
    bench.counts.update(["survived"], resumed=resumed, reused=len(finished))
    bench.counts[f"in {min(under_way, key=list(STAGES).index)}" if under_way else "between stages"] += 1


def wait_for(run: Running, sign: Callable[[], object]) -> None:
    """Wait for a sign of a moment, or for the run's end."""
    while not run.ended() and not sign():
        time.sleep(0.001)


def kill_at_random(bench: Bench, moment: float, bare: bool) -> None:
    """Kill a run after a share of its computing; if it happens to be over before, one that has a little less."""
    bench.empty(bare)
    run = bench.start()
    wait_for(run, lambda: run.cpu() >= moment * bench.begun["end"])
    if run.ended():
        return kill_at_random(bench, 0.9 * moment, bare)
    run.kill()
    return recover(bench)


def kill_in_stage(bench: Bench, stage: str, moment: str) -> None:
    """Kill a run when a stage says it begins, half its computing later, or when its result is being written."""
    bench.before(stage)
    before = bench.results()
    run = bench.start()
    wait_for(run, lambda: f"  {stage} …" in run.said())
    if moment == "middle":
        following = [*STAGES, "end"][list(STAGES).index(stage) + 1]
        until = run.cpu() + (bench.begun[following] - bench.begun[stage]) / 2
        # A training's middle is told by its epochs.
        wait_for(run, lambda: "train 3:" in run.said() if stage == "train" else run.cpu() >= until)
    elif moment == "last":
        wait_for(run, lambda: bench.results() - before)
    check(not run.ended(), f"it ended before the {moment} moment of {stage}", run)
    run.kill()
    recover(bench)


def kills(
    randoms: int = 50,
    at: Iterable[tuple[str, str]] = tuple((stage, moment) for stage in STAGES for moment in MOMENTS),
    seed: int = 0,
    record: Path | None = RECORD,
) -> str:
    """Kill so many runs at random moments, and one in each of the moments `at`; return one line, and record it."""
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        warm(Path(folder) / "warm")
        bench = Bench(Path(folder).resolve())
        bench.prepare()
        print(f"an undisturbed run computes for {bench.begun['end']:.1f} s", flush=True)
        draw = random.Random(seed)
        moments = [draw.random() for _ in range(randoms)]
        stages = list(at)
        trials: list[tuple[str, Callable[[], None]]] = [
            (f"at {m:.3f} of its time", partial(kill_at_random, bench, m, n % BARE == 0)) for n, m in enumerate(moments)
        ]
        trials += [(f"{moment} of {stage}", partial(kill_in_stage, bench, stage, moment)) for stage, moment in stages]
        lost = []
        for number, (name, trial) in enumerate(trials, 1):
            begun = time.perf_counter()
            try:
                trial()
                told = "survived"
            except LostError as error:
                lost.append(name)
                told = f"LOST: {error}"
            print(f"{number:3d}/{len(trials)} {name:<26} {time.perf_counter() - begun:5.1f} s  {told}", flush=True)
    counts = bench.counts
    line = (
        f"kills: {randoms} random, {len(stages)} at stages; {counts['survived']} survived, {len(lost)} lost"
        f"{', metrics identical' if not lost else ': ' + '; '.join(lost)}"
    )
    if record is not None:
        write(record, randoms, len(stages), seed, bench, lost, time.perf_counter() - started)
    return line


def write(record: Path, randoms: int, stages: int, seed: int, bench: Bench, lost: list[str], seconds: float) -> None:
    """Leave the record from which the README's table is made."""
    where = {name: count for name, count in sorted(bench.counts.items()) if name.startswith(("in ", "between"))}
    facts = {
        "random": randoms, "at_stages": stages, "survived": bench.counts["survived"], "lost": lost, "seed": seed,
        "trainings_resumed": bench.counts["resumed"], "finished_stages_reused": bench.counts["reused"],
        "killed": where, "undisturbed_cpu_seconds": round(bench.begun["end"], 1), "seconds": round(seconds),
        "cores": len(os.sched_getaffinity(0)), "python": platform.python_version(),
        "versions": {name: version(name) for name in ("tensorflow", "keras", "mlflow", "umap-learn", "scikit-learn")},
        "command": "python -m tests.faults kills",
    }  # fmt: skip
    record.parent.mkdir(parents=True, exist_ok=True)
    record.write_text(json.dumps(facts, indent=1) + "\n")
