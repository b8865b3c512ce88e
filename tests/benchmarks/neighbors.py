"""Exact nearest neighbours of all latents, and the recall of an approximate search."""

from __future__ import annotations

import time

import numpy as np

from tests.benchmarks import inputs
from tests.benchmarks.row import Row
from tests.benchmarks.sizes import Sizes
from tests.benchmarks.worker import Facts, Work

K = 20


def ours(sizes: Sizes) -> Work:
    """The stage neighbors."""
    from pipeline.embedding.neighbors import exact

    latents = inputs.latents(sizes)

    def work() -> Facts:
        exact(latents, K)
        return {"recall": 1.0}

    return work


def scikit_learn(sizes: Sizes) -> Work:
    """scikit-learn's exhaustive search on all cores; it counts a point as its own first neighbour."""
    from sklearn.neighbors import NearestNeighbors

    codes = inputs.latents(sizes).fitted

    def work() -> Facts:
        NearestNeighbors(n_neighbors=K + 1, algorithm="brute", n_jobs=-1).fit(codes).kneighbors(codes)
        return {"recall": 1.0}

    return work


def pynndescent(sizes: Sizes) -> Work:
    """NN-descent, which is approximate; Numba compiles before the clock starts."""
    from pynndescent import NNDescent

    codes, exact_indices = inputs.latents(sizes).fitted, inputs.graph(sizes).indices
    NNDescent(codes[: K * 10], n_neighbors=K + 1, random_state=0)

    def work() -> Facts:
        started = time.perf_counter()
        indices, _ = NNDescent(codes, n_neighbors=K + 1, random_state=0).neighbor_graph
        seconds = time.perf_counter() - started
        rows = np.random.default_rng(0).choice(len(codes), min(2000, len(codes)), replace=False)
        recall = float(np.mean([np.isin(exact_indices[row], indices[row]).mean() for row in rows]))
        return {"recall": recall, "seconds": seconds}

    return work


NEIGHBORS_ROW = Row(
    "20 nearest neighbours of every latent",
    {"ours, exact": ours, "scikit-learn, exact": scikit_learn, "pynndescent, approximate": pynndescent},
    repeats=2,
)
