"""The row of `stage=shards`: encoding and assigning new images on one core and on two."""

from __future__ import annotations

import shutil
from functools import partial
from pathlib import Path

import numpy as np

from tests.benchmarks import inputs
from tests.benchmarks.command import run_python
from tests.benchmarks.row import Row
from tests.benchmarks.sizes import Sizes
from tests.benchmarks.worker import Facts, Work
from tests.helpers import summaries

COPIES = 4
"""The input has the images so many times."""

SHARDS = 16


def finished_run(sizes: Sizes) -> tuple[Path, Path]:
    """Return the outputs of a run of the default model, trained for one epoch, and an array of images to assign."""
    outputs = sizes.folder / "shards-run"
    file = outputs / "images.npy"
    if not file.exists():
        outputs.mkdir()
        words = ("stage=cluster", "train.epochs=1", "train.min_steps=0", "tracking.models=false")
        run_python("-m", "pipeline", *sizes.words, *words, outputs=outputs)
        pixels = inputs.images(sizes.images)[0].fitted
        np.save(file, np.concatenate([pixels] * COPIES))
    return outputs, file


def assign(sizes: Sizes, threads: int) -> Work:
    """Encode and assign the images, with as many shards at a time as threads; the start of the process is not timed."""
    outputs, file = finished_run(sizes)
    words = (f"input={file}", f"shards.rows={sizes.images * COPIES // SHARDS}", f"threads={threads}")

    def work() -> Facts:
        shutil.rmtree(outputs / "shards", ignore_errors=True)
        run_python("-m", "pipeline", "--multirun", "stage=shards", *words, outputs=outputs)
        metrics = summaries(outputs, "sweeps")[-1]["metrics"]
        rate = metrics["shards/images_per_second"]
        return {"seconds": metrics["shards/images"] / rate, "images/s": rate}

    return work


SHARDS_ROW = Row(
    "`stage=shards` on four copies of the images, after the start of the process",
    {"two threads": partial(assign, threads=2), "one thread": partial(assign, threads=1)},
    repeats=2,
    target_ratios={"one thread": 1.8},
)
