"""The training and the main job on a GPU, with Keras on JAX: `python -m tests.benchmarks.gpu`.

An epoch by several libraries, on the GPU and on the cores of the same machine, then whole runs. Nothing else should run
meanwhile.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from tests.benchmarks import training
from tests.benchmarks.command import run_python
from tests.benchmarks.machine import describe_machine, machine_sentence
from tests.benchmarks.measure import measure
from tests.benchmarks.record import format_seconds
from tests.benchmarks.records import NOT_MEASURED, README, Record, Section, save_record
from tests.benchmarks.row import Row
from tests.benchmarks.sizes import Sizes
from tests.benchmarks.worker import Work
from tests.helpers import summaries
from tests.markdown_sections import RECORDS, ROOT
from tests.tables import MISSING, Table, format_duration, to_markdown

FILE = RECORDS / "gpu.json"
RUNS = {
    "JAX on the GPU": ("jax", ()),
    "TensorFlow on the CPU": ("tensorflow", ()),
    "JAX on the GPU, `refine=self_training`": ("jax", ("refine=self_training",)),
}
"""Whole runs by name: the backend of Keras, and the overrides."""


def on_cpu(sizes: Sizes, overrides: tuple[str, ...] = training.PLAIN) -> Work:
    """The training of the stage train with TensorFlow on the processor's cores."""
    os.environ["CUDA_VISIBLE_DEVICES"] = "-1"  # the arm has its own process, which has not imported TensorFlow yet
    return training.ours(sizes, overrides)


def input_on_cpu(sizes: Sizes, overrides: tuple[str, ...] = training.PLAIN) -> Work:
    """The batches of the training alone."""
    os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
    return training.input_pipeline(sizes, overrides)


EPOCH_ROW = Row(
    training.TRAIN_ROW.description,
    {
        "ours, JAX on the GPU": training.on_jax,
        "PyTorch on the GPU, eager": partial(training.pytorch, device="cuda"),
        "bare compiled step, JAX on the GPU": training.bare_jax_step,
        "ours, TensorFlow on the CPU": on_cpu,
        "input pipeline alone, on the CPU": input_on_cpu,
        "as the default trains: ours, JAX on the GPU": partial(training.on_jax, overrides=training.AUGMENTED),
        "as the default trains: ours, TensorFlow on the CPU": partial(on_cpu, overrides=training.AUGMENTED),
        "as the default trains: input pipeline alone": partial(input_on_cpu, overrides=training.AUGMENTED),
    },
    packages={"PyTorch on the GPU, eager": "torch"},
    separate=True,
)


def find_gpu() -> str | None:
    """Return the name of the GPU that JAX uses, or None if it has none."""
    try:
        import jax

        return str(jax.devices("gpu")[0].device_kind)
    except (ImportError, RuntimeError):
        return None


def measure_run(name: str, *more: str) -> Record:
    """Return seconds and accuracy of a run of the pipeline, with seed 42 and all stages; `more` are overrides."""
    backend, words = RUNS[name]
    with tempfile.TemporaryDirectory(prefix="gpu-") as folder:
        run_python("-m", "pipeline", *words, *more, outputs=Path(folder), KERAS_BACKEND=backend)
        (summary,) = summaries(Path(folder))
    return {
        "run": name,
        "seconds": round(summary["metrics"]["wall_seconds"], 1),
        "accuracy": summary["metrics"]["train/accuracy_score"],
        "test_accuracy": summary["metrics"]["test/accuracy_score"],
        "stages": {stage: round(measured["seconds"], 1) for stage, measured in summary["stages"].items()},
    }


def epoch_table(record: Record) -> Table:
    """Return the table of the epochs: a line per arm."""
    arms, repeats = record["epoch"]["arms"], len(record["epoch"]["arms"][0]["seconds"])
    caption = (
        f"Arms as in the row `train` above: an epoch over 20,000 images, the median of {repeats} alternating repeats "
        "with the lowest and highest in brackets. "
        f"Measured on {record['gpu']}; {machine_sentence(record['machine'])}"
    )
    return Table("Training on a GPU", caption, ("arm", "time", "images/s"), [_epoch_cells(arm) for arm in arms])


def _epoch_cells(arm: dict[str, Any]) -> tuple[str, ...]:
    seconds = arm["seconds"]
    spread = f" ({format_seconds(min(seconds))} to {format_seconds(max(seconds))})" if len(seconds) > 1 else ""
    return arm["arm"], format_seconds(median(seconds)) + spread, f"{arm['facts']['images/s']:,.0f}"


def runs_table(record: Record) -> Table:
    """Return the table of the whole runs: a column per run, a line per stage."""
    runs = record["runs"]
    stages = list(dict.fromkeys(stage for run in runs for stage in run["stages"]))
    rows = [(stage, *(_duration(run["stages"].get(stage)) for run in runs)) for stage in stages]
    rows.append(("**whole run**", *(f"**{format_duration(run['seconds'])}**" for run in runs)))
    rows.append(("accuracy, fitted images", *(f"{run['accuracy']:.4f}" for run in runs)))
    rows.append(("accuracy, MNIST's test images", *(f"{run['test_accuracy']:.4f}" for run in runs)))
    caption = "`python -m pipeline` on MNIST, seed 42, one run each on this machine, after a small run of all stages."
    return Table("Whole runs", caption, ("stage", *(run["run"] for run in runs)), rows)


def _duration(seconds: float | None) -> str:
    return MISSING if seconds is None else format_duration(seconds)


def render_gpu(record: Record | None) -> str:
    """Return the section."""
    return NOT_MEASURED if record is None else to_markdown([epoch_table(record), runs_table(record)])


SECTION = Section("gpu", render_gpu)


def main() -> None:
    """Measure, and write the record and its section after each part."""
    parser = argparse.ArgumentParser("python -m tests.benchmarks.gpu", description=__doc__)
    parser.parse_args()
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")  # several processes share the GPU's memory
    gpu = find_gpu()
    if gpu is None:
        parser.error("JAX finds no GPU; it needs an NVIDIA GPU with its driver, and pip install 'jax[cuda13]<0.11'")
    with tempfile.TemporaryDirectory(prefix="gpu-") as folder:
        sizes = Sizes(folder=Path(folder))
        epoch = measure("epoch", EPOCH_ROW, sizes, print)
        run_python("-m", "pipeline", *sizes.warm_up, outputs=Path(folder))
    record: Record = {"machine": describe_machine(), "gpu": gpu, "epoch": epoch, "runs": []}
    for name in RUNS:
        record["runs"].append(measure_run(name))
        save_record(ROOT, FILE, record, SECTION)
    print(f"{to_markdown([epoch_table(record), runs_table(record)])}\n\nsee {README}")


if __name__ == "__main__":
    main()
