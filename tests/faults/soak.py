"""Sweeps of many small jobs, in one process and in two: memory, open files and time per job must not grow.

`python -m tests.faults soak` runs 200 jobs each way, writes the measurements to tests/records/reliability and draws
`soak.png` in the outputs folder. `python -m tests.faults team_soak` does the same on MLflow's server with PostgreSQL
and authentication, and measures this server too. `python -m tests.faults.soak --jobs 20 [--team]` is a short version
without a record.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import numpy as np

from tests.faults.probe import DATABASE, FILE, SERVER
from tests.faults.team_server import missing_parts, run_team_server
from tests.helpers import environment

ROOT = Path(__file__).resolve().parents[2]
RECORDS = ROOT / "tests" / "records" / "reliability"
JOB = (
    "data=digits", "data.train_size=60", "model=dense64", "train=published", "train.epochs=1", "train.min_steps=0",
    "manifold=none", "project=pca", "cluster=kmeans", "cluster.k=4", "cluster.estimator.n_init=1", "neighbors.k=5",
    "evaluate.trustworthiness_k=5", "baselines.sample=0", "tracking.models=false", "tracking.git_commit=false",
    "report.dpi=30", "+hydra.callbacks.probe._target_=tests.faults.probe.Probe",
)  # fmt: skip
"""A job that trains, clusters, scores and draws; each job of the sweep has another seed, so nothing is reused."""

MAX_RATIO, MAX_OPEN_FILES, MAX_MEMORY_MIB = 1.10, 0.05, 1.0
"""Limits: time of the last jobs relative to the first ones, and growth per job."""

MEASURES = {
    "memory_mib": "memory, MiB",
    "open_files": "open files",
    "time": "time, × yardstick",
    "database_mib": "database, MiB",
}
SERVER_MEASURES = {"server_memory_mib": "server's memory, MiB", "server_open_files": "server's open files"}


def sweep(jobs, processes, outputs, server):
    """Run the jobs and return the measurements of each, in the order in which they ended.

    `server` are variables that name a server, a user and what to measure.

    Machines vary in speed from hour to hour by more than the growth to be detected. `time` is therefore a job's
    processor time relative to a fixed computation right after it.
    """
    launcher = ["hydra/launcher=joblib", f"hydra.launcher.n_jobs={processes}"] if processes > 1 else []
    command = [sys.executable, "-m", "pipeline", "--multirun", *launcher, *JOB, f"seed=range(0,{jobs})"]
    # One thread per process: waiting threads use processor time too, more on a busy machine.
    variables = environment() | {"PIPELINE_OUTPUTS": str(outputs), "OMP_NUM_THREADS": "1"} | server
    subprocess.run(command, env=variables, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    rows = [json.loads(file.read_text()) for file in outputs.rglob(FILE)]
    rows = [row | {"time": row["cpu_seconds"] / row["yardstick_seconds"]} for row in rows]
    return sorted(rows, key=lambda row: row["ended"])


def settled_rows(rows):
    """Yield the rows of each process without its first tenth: these jobs import, compile and fill caches."""
    for process in sorted({row["process"] for row in rows}):
        process_rows = [row for row in rows if row["process"] == process]
        if len(process_rows) >= 10:
            yield process_rows[len(process_rows) // 10 :]


def summarize(rows):
    """Return for each process its number of jobs, the time ratio of the last to the first jobs, and growth per job."""
    summaries = []
    for process_rows in settled_rows(rows):
        size = max(len(process_rows) // 4, 2)
        first, last = process_rows[:size], process_rows[-size:]
        numbers = range(len(process_rows))
        growth = {
            name: float(np.polyfit(numbers, [row[name] for row in process_rows], 1)[0])
            for name in measures(process_rows)
        }
        ratios = {"ratio": median_ratio(first, last, "time"), "seconds": median_ratio(first, last, "cpu_seconds")}
        summaries.append({"jobs": len(process_rows), **ratios, "growth": growth})
    return summaries


def measures(rows):
    """Return what was measured, with a label for each: of the server too, if there was one."""
    return {name: label for name, label in (MEASURES | SERVER_MEASURES).items() if name in rows[0]}


def median_ratio(first, last, name):
    """Return the median of a measure in the last rows divided by that in the first rows."""
    before, after = (median(row[name] for row in rows) for rows in (first, last))
    return after / before


def exceeded_limits(summaries):
    """Yield a text for each limit that is exceeded."""
    for summary in summaries:
        growth = summary["growth"]
        if summary["ratio"] > MAX_RATIO:
            yield f"the last jobs take {summary['ratio']:.2f} times as long as the first ones"
        for whose, prefix in {"": "", "of the server ": "server_"}.items():
            files, memory = growth.get(f"{prefix}open_files", 0), growth.get(f"{prefix}memory_mib", 0)
            if files > MAX_OPEN_FILES:
                yield f"{files:.2f} more open files {whose}per job"
            if memory > MAX_MEMORY_MIB:
                yield f"{memory:.2f} MiB more memory {whose}per job"


def draw_figure(measurements):
    """Return the figure: a column per number of processes, a row per measure, a line per process."""
    from pipeline.pages.figures.style import WIDTH, add_heading, figure_style, group_colour, new_figure

    with figure_style():
        labels = measures(next(iter(measurements.values())))
        figure = new_figure(WIDTH, 1.8 * len(labels))
        axes = figure.subplots(len(labels), len(measurements), sharex="col", sharey="row", squeeze=False)
        for column, (processes, rows) in enumerate(measurements.items()):
            add_heading(axes[0, column], f"{processes} process{'es' if processes > 1 else ''}\n{len(rows)} jobs")
            for axis, (name, label) in zip(axes[:, column], labels.items(), strict=True):
                for index, process in enumerate(dict.fromkeys(row["process"] for row in rows)):
                    points = [(job, row[name]) for job, row in enumerate(rows, 1) if row["process"] == process]
                    axis.plot(*zip(*points, strict=True), color=group_colour(index), linewidth=1.2)
                axis.grid(axis="y")
                if not column:
                    axis.set_ylabel(label)
            axes[-1, column].set_xlabel("job")
        all_rows = [row for rows in measurements.values() for row in rows]
        for axis, name in zip(axes[:, 0], labels, strict=True):
            values = [row[name] for row in all_rows]
            # The first job of a process imports and compiles; its time would flatten all others.
            axis.set_ylim(0, 1.08 * (2 * median(values) if name == "time" else max(values)))
        return figure


@contextmanager
def no_server(folder):
    """Yield no variables: the jobs use SQLite."""
    yield {}


@contextmanager
def run_measured_server(folder):
    """Start a team's server, and yield the variables that name it, a user, and what to measure."""
    with run_team_server(folder) as team:
        address = team.postgres.uri().replace("+psycopg", "")
        yield team.variables() | {SERVER: str(team.server.process.pid), DATABASE: address}


def soak(jobs: int = 200, has_record: bool = True, name: str = "soak", server=no_server) -> str:
    """Sweep `jobs` jobs in one process and in two; write the record and the figure, and return one line.

    `server` starts a server in a folder, and yields the variables that name it.
    """
    measurements, results, lost = {}, {}, 0
    for processes in (1, 2):
        started = time.monotonic()
        with tempfile.TemporaryDirectory() as folder, server(Path(folder)) as variables:
            rows = sweep(jobs, processes, Path(folder), variables)
        lost += jobs - len(rows)
        measurements[processes] = rows
        summaries = summarize(rows)
        results[str(processes)] = {"processes": summaries, "minutes": (time.monotonic() - started) / 60}
        for summary in summaries:
            growth = ", ".join(f"{name} {value:+.3f}" for name, value in summary["growth"].items())
            ratios = f"{summary['ratio']:.3f} (in seconds {summary['seconds']:.3f})"
            print(f"  {processes} process(es): last/first jobs {ratios}; growth per job: {growth}", flush=True)
    from pipeline.pages.figures import figure_to_png
    from pipeline.runtime.paths import outputs_dir

    file = Path(outputs_dir()) / f"{name}.png"
    file.write_bytes(figure_to_png(draw_figure(measurements)))
    print(f"  figure {file}")
    if has_record:
        RECORDS.mkdir(parents=True, exist_ok=True)
        (RECORDS / f"{name}.json").write_text(json.dumps(results, indent=1) + "\n")
    return result_line(results, jobs, lost, name)


def team_soak(jobs: int = 200, has_record: bool = True) -> str:
    """Do the same on MLflow's server with PostgreSQL and authentication, and measure the server too."""
    missing = missing_parts()
    return f"team_soak: {missing}; 0 lost" if missing else soak(jobs, has_record, "team_soak", run_measured_server)


def result_line(results, jobs, lost, name):
    """Return the line of a record."""
    summaries = [summary for way in results.values() for summary in way["processes"]]
    ratios = ", ".join(f"{summary['ratio']:.2f}" for summary in summaries)
    memory, files = (max(summary["growth"][name] for summary in summaries) for name in ("memory_mib", "open_files"))
    exceeded = "".join(f"; LIMIT EXCEEDED: {text}" for text in exceeded_limits(summaries))
    servers = [summary["growth"] for summary in summaries if "server_memory_mib" in summary["growth"]]
    of_server = ""
    if servers:
        memory_of_server, files_of_server = (
            max(growth[f"server_{measure}"] for growth in servers) for measure in ("memory_mib", "open_files")
        )
        of_server = f", of the server {memory_of_server:.2f} MiB and {max(files_of_server, 0):.2f}"
    return (
        f"{name}: {jobs} jobs in one process, {jobs} in two; the last jobs of each process take {ratios} times as long "
        f"as its first ones, relative to a fixed computation; growth per job: {memory:.1f} MiB, {max(files, 0):.2f} "
        f"open files{of_server}; {lost} lost{exceeded}"
    )


if __name__ == "__main__":
    os.environ.setdefault("MPLBACKEND", "Agg")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, default=20)
    parser.add_argument("--team", action="store_true", help="on MLflow's server with PostgreSQL and authentication")
    arguments = parser.parse_args()
    print((team_soak if arguments.team else soak)(arguments.jobs, has_record=False))
