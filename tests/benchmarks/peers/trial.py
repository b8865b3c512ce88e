"""One trial: a method with a seed in a new process; its scores, time and peak memory."""

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
"""Selects the images, independently of the methods' seeds."""


def subset(n: int) -> tuple[Pixel, NDArray[Any]]:
    """Return n MNIST training images (n, 28, 28) uint8, stratified by label, and their labels."""
    from pipeline.config.compose import compose_config
    from pipeline.stages.data import data

    images, labels = data(compose_config(f"data.train_size={n}", "data.test_size=1", f"seed={SUBSET_SEED}").data)
    return np.asarray(images.train[..., 0]), np.asarray(labels.train)


def prepare_trial(name: str, seed: int, n: int, budget: Budget) -> Callable[[], Facts]:
    """Read the images and return the work, whose time includes the method's imports."""
    images, labels = subset(n)

    def work() -> Facts:
        from pipeline.clustering.metrics import score_clustering

        started = time.process_time()
        clusters = METHODS[name].cluster(images, seed, budget)
        seconds = time.process_time() - started  # less affected by other processes than wall time
        metrics = score_clustering(labels, clusters)
        scores = {key: metrics[f"{key}_score"] for key in ("accuracy", "nmi", "ari")}
        return scores | {"k": metrics["k"], "processor_seconds": seconds}

    return work


def run_trial(name: str, seed: int, n: int, budget: Budget) -> dict[str, Any]:
    """Run a trial in a process of its own and return its measurements."""
    with Worker() as worker:
        worker.prepare(name, partial(prepare_trial, name, seed, n, budget))
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
