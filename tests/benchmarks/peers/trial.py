"""One method, one seed, one fresh process: its scores, its time, its peak memory."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.peers.methods import METHODS, Budget, Pixel
from tests.benchmarks.worker import Facts, Worker

SUBSET_SEED = 0
"""Which images are taken; the methods' seeds have no part in it."""


def subset(n: int) -> tuple[Pixel, NDArray[Any]]:
    """Return n MNIST training images (n, 28, 28) uint8, stratified by label, and their labels."""
    from pipeline.notebook import settings
    from pipeline.stages.data import data

    images, labels = data(settings(f"data.train_size={n}", "data.test_size=1", f"seed={SUBSET_SEED}").data)
    return np.asarray(images.train[..., 0]), np.asarray(labels.train)


def prepare(name: str, seed: int, n: int, budget: Budget) -> Callable[[], Facts]:
    """Read the images; return the work, which imports what the method needs as its user would have to."""
    images, labels = subset(n)

    def work() -> Facts:
        from pipeline.metrics import score

        started = time.process_time()
        clusters = METHODS[name].cluster(images, seed, budget)
        used = time.process_time() - started  # what else the machine does has less part in it than in the wall's time
        found = score(labels, clusters)
        scores = {key: found[f"{key}_score"] for key in ("accuracy", "nmi", "ari")}
        return scores | {"k": found["k"], "processor_seconds": used}

    return work


def trial(name: str, seed: int, n: int, budget: Budget) -> dict[str, Any]:
    """Carry one out in a process of its own and return what the record keeps of it."""
    with Worker() as worker:
        worker.prepare(name, partial(prepare, name, seed, n, budget))
        seconds, facts = worker.run(name)
        peak = worker.peak()
    return {
        "method": name,
        "seed": seed,
        "n": n,
        "epochs": METHODS[name].epochs(budget),
        **{key: round(value, 4) for key, value in facts.items()},
        "processor_seconds": round(facts["processor_seconds"], 1),
        "seconds": round(seconds, 1),
        "peak_mib": round(peak),
    }
