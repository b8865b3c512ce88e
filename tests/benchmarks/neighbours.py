"""Exact nearest neighbours of all latents, and what an approximation misses."""

from __future__ import annotations

import time

import numpy as np

from tests.benchmarks import inputs
from tests.benchmarks.row import Row
from tests.benchmarks.sizes import Sizes
from tests.benchmarks.worker import Facts, Work

K = 20


def ours(sizes: Sizes) -> Work:
    """The neighbours stage."""
    from pipeline.knn import exact

    latents = inputs.latents(sizes)

    def work() -> Facts:
        exact(latents, K)
        return {"recall": 1.0}

    return work


def scikit_learn(sizes: Sizes) -> Work:
    """scikit-learn's exhaustive search on all cores; a point is its own first neighbour there."""
    from sklearn.neighbors import NearestNeighbors

    codes = inputs.latents(sizes).fitted

    def work() -> Facts:
        NearestNeighbors(n_neighbors=K + 1, algorithm="brute", n_jobs=-1).fit(codes).kneighbors(codes)
        return {"recall": 1.0}

    return work


def pynndescent(sizes: Sizes) -> Work:
    """NN-descent, which is approximate; Numba has compiled before the clock starts."""
    from pynndescent import NNDescent

    codes, true = inputs.latents(sizes).fitted, inputs.graph(sizes).indices
    NNDescent(codes[: K * 10], n_neighbors=K + 1, random_state=0)

    def work() -> Facts:
        started = time.perf_counter()
        found, _ = NNDescent(codes, n_neighbors=K + 1, random_state=0).neighbor_graph
        seconds = time.perf_counter() - started
        sample = np.random.default_rng(0).choice(len(codes), min(2000, len(codes)), replace=False)
        return {"recall": float(np.mean([np.isin(true[i], found[i]).mean() for i in sample])), "seconds": seconds}

    return work


ROW = Row(
    "20 nearest neighbours of every latent",
    {"ours, exact": ours, "scikit-learn, exact": scikit_learn, "pynndescent, approximate": pynndescent},
    repeats=2,
)
