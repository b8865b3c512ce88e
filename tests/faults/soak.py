"""A sweep of many small jobs, in one process and in two: what grows, and do the last jobs take longer?

`python -m tests.faults soak` runs 200 jobs each way, prints what it measured, writes it to tests/records/reliability
and draws `soak.png` into the outputs folder. `python -m tests.faults.soak --jobs 20` is a quick look without a record.
"""

import argparse
import json
import os
import tempfile
import time
from pathlib import Path
from statistics import median

import numpy as np

from tests.faults.probe import FILE
from tests.helpers import environment

ROOT = Path(__file__).resolve().parent.parent.parent
RECORD = ROOT / "tests" / "records" / "reliability" / "soak.json"
JOB = (
    "data=digits", "data.train_size=60", "model=dense64", "train=published", "train.epochs=1", "train.min_steps=0",
    "manifold=none", "project=pca", "cluster=kmeans", "cluster.k=4", "cluster.estimator.n_init=1", "neighbors.k=5",
    "evaluate.trustworthiness_k=5", "nulls.sample=0", "tracking.models=false", "tracking.git_commit=false",
    "report.dpi=30", "+hydra.callbacks.probe._target_=tests.faults.probe.Probe",
)  # fmt: skip
"""A job that trains a network, clusters, scores and draws everything anew: its seed is what is swept."""
SLOWER = 1.10
MEASURES = {
    "memory_mib": "memory, MiB",
    "open_files": "open files",
    "time": "time, × the yardstick's",
    "database_mib": "database, MiB",
}


def sweep(jobs, processes, outputs):
    """Run the jobs and return what each of them left, in the order in which they ended."""
    import subprocess
    import sys

    launcher = ["hydra/launcher=joblib", f"hydra.launcher.n_jobs={processes}"] if processes > 1 else []
    command = [sys.executable, "-m", "pipeline", "--multirun", *launcher, *JOB, f"seed=range(0,{jobs})"]
    # One thread a process: threads that wait for each other use the processor too, the more the busier the machine.
    chosen = environment() | {"PIPELINE_OUTPUTS": str(outputs), "OMP_NUM_THREADS": "1"}
    subprocess.run(command, env=chosen, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    left = [json.loads(file.read_text()) for file in outputs.rglob(FILE)]
    rows = [one | {"time": one["cpu_seconds"] / one["yardstick_seconds"]} for one in left]
    return sorted(rows, key=lambda one: one["ended"])


def settled(rows):
    """The rows of each process after the first tenth of its jobs, which import, compile and fill caches."""
    for process in sorted({row["process"] for row in rows}):
        own = [row for row in rows if row["process"] == process]
        if len(own) >= 10:
            yield own[len(own) // 10 :]


def findings(rows):
    """What the rows come down to: time of the last jobs against the first, and growth a job.

    A machine that is lent out in parts is faster at one hour than at another, by more than what is looked for here. So
    a job's seconds are counted in those of a fixed piece of work right after it; `seconds` is their plain ratio.
    """
    found = []
    for own in settled(rows):
        part = max(len(own) // 4, 2)
        first, last = own[:part], own[-part:]
        growth = {name: float(np.polyfit(range(len(own)), [row[name] for row in own], 1)[0]) for name in MEASURES}
        ratios = {"ratio": slowed(first, last, "time"), "seconds": slowed(first, last, "cpu_seconds")}
        found.append({"jobs": len(own), **ratios, "growth": growth})
    return found


def slowed(first, last, name):
    """How many times what the first rows took the last ones did, in the middle."""
    before, after = (median(row[name] for row in rows) for rows in (first, last))
    return after / before


def wrong(found):
    """What grows that should not, in words."""
    for one in found:
        if one["ratio"] > SLOWER:
            yield f"the last jobs take {one['ratio']:.2f} times what the first take"
        if one["growth"]["open_files"] > 0.05:
            yield f"{one['growth']['open_files']:.2f} more open files a job"
        if one["growth"]["memory_mib"] > 1:
            yield f"{one['growth']['memory_mib']:.2f} MiB more memory a job"


def draw(measured):
    """Return the figure: a column a way of running, a row a measure, a line a process."""
    from pipeline.figures.style import WIDTH, heading, hue, new_figure, style

    with style():
        figure = new_figure(WIDTH, 7.2)
        axes = figure.subplots(len(MEASURES), len(measured), sharex="col", sharey="row", squeeze=False)
        for column, (processes, rows) in enumerate(measured.items()):
            heading(axes[0, column], f"{processes} process{'es' if processes > 1 else ''}\n{len(rows)} jobs")
            for row, (name, label) in enumerate(MEASURES.items()):
                one = axes[row, column]
                for place, process in enumerate(dict.fromkeys(line["process"] for line in rows)):
                    own = [(place_, line[name]) for place_, line in enumerate(rows, 1) if line["process"] == process]
                    one.plot(*zip(*own, strict=True), color=hue(place), linewidth=1.2)
                one.grid(axis="y")
                if not column:
                    one.set_ylabel(label)
            axes[-1, column].set_xlabel("job")
        every = [row for rows in measured.values() for row in rows]
        for row, name in enumerate(MEASURES):
            # The first job of a process imports and compiles; its time would flatten all others.
            most = 2 * median(line[name] for line in every) if name == "time" else max(line[name] for line in every)
            axes[row, 0].set_ylim(0, 1.08 * most)
        return figure


def soak(jobs: int = 200, record: Path | None = RECORD) -> str:
    """Sweep so many jobs in one process, and in two; return one line, record what was measured and draw it."""
    measured, kept, lost = {}, {}, 0
    for processes in (1, 2):
        started = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            rows = sweep(jobs, processes, Path(folder))
        lost += jobs - len(rows)
        measured[processes] = rows
        found = findings(rows)
        kept[str(processes)] = {"processes": found, "minutes": (time.monotonic() - started) / 60}
        for one in found:
            growth = ", ".join(f"{name} {value:+.3f}" for name, value in one["growth"].items())
            ratios = f"{one['ratio']:.3f} (in seconds {one['seconds']:.3f})"
            print(f"  {processes} process(es): last/first jobs {ratios}; a job: {growth}", flush=True)
    from pipeline.figures import png
    from pipeline.paths import outputs_dir

    file = Path(outputs_dir()) / "soak.png"
    file.write_bytes(png(draw(measured)))
    print(f"  figure {file}")
    if record is not None:
        record.parent.mkdir(parents=True, exist_ok=True)
        record.write_text(json.dumps(kept, indent=1) + "\n")
    return told(kept, jobs, lost)


def told(kept, jobs, lost):
    """Return the line of a record."""
    every = [one for way in kept.values() for one in way["processes"]]
    ratios = ", ".join(f"{one['ratio']:.2f}" for one in every)
    memory, files = (max(one["growth"][name] for one in every) for name in ("memory_mib", "open_files"))
    bad = "".join(f"; WRONG: {reason}" for reason in wrong(every))
    return (
        f"soak: {jobs} jobs in one process, {jobs} in two; process by process the last jobs take {ratios} of the first "
        f"ones' time, beside a fixed piece of work; a job leaves {memory:.1f} MiB and {max(files, 0):.2f} open files "
        f"at most; {lost} lost{bad}"
    )


if __name__ == "__main__":
    os.environ.setdefault("MPLBACKEND", "Agg")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, default=20)
    print(soak(parser.parse_args().jobs, None))
