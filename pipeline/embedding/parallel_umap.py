"""UMAP's layout on all cores, with the same bits for any number of cores.

Neighbours attract each other and random pairs of points repel each other. umap-learn processes one edge after the
other, each from the coordinates that the last one left, so its seeded layout runs on one thread. Here the points are
divided into blocks and an epoch into rounds. In each round every block is paired with one other block, so the pairs
share no point and are processed in parallel. A pull moves both ends of an edge by the same distance, as in umap-learn,
so pulls cancel and the pushes determine where clusters lie. (If each point moves by itself, whole clusters drift, and
which of them merge depends on the seed.)
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.artifacts.base import Float, Int
from pipeline.runtime.observer import SILENT, Observer

BLOCKS = 16
"""Number of blocks of points, a power of 2. At most half as many threads are busy; more blocks cost more overhead."""


def optimize_layout(
    weights: Any,
    start: Float,
    a: float,
    b: float,
    n_epochs: int,
    learning_rate: float = 1.0,
    repulsion_strength: float = 1.0,
    negative_sample_rate: int = 5,
    observer: Observer = SILENT,
    seed: int = 0,
    threads: int | None = None,
) -> Float:
    """Return coordinates (n, p) float32 in which points joined by `weights` are close and others are apart.

    `weights` is UMAP's fuzzy graph, a symmetric sparse (n, n) matrix in [0, 1]; `start` (n, p) are the initial
    coordinates. The similarity of points at distance d is 1 / (1 + a d^2b). An edge pulls in a share of the epochs that
    is its weight over the largest weight. With each pull, each end gets `negative_sample_rate` pushes away from random
    points, at their coordinates of the beginning of the epoch. The `learning_rate` falls linearly to zero. `threads`
    None is OpenMP's number of threads.

    Source: McInnes, Healy, Melville, "UMAP: Uniform Manifold Approximation and Projection", 2018. Limitation: as in
    every layout of this kind, distances between clusters mean little.
    """
    from pipeline.embedding.umap_kernel import compile_move

    ends, shares, round_bounds = _edges(weights, n_epochs)
    points = np.array(start, np.float32, order="C")
    previous, move = np.empty_like(points), compile_move(points.shape[1], negative_sample_rate)
    curve = np.array([a, b, repulsion_strength], np.float32)
    threads = threads or available_threads()
    rounds = [_parts(bounds, threads) for bounds in round_bounds]
    with ThreadPoolExecutor(threads) as pool:
        for epoch in range(n_epochs):
            np.copyto(previous, points)
            rate = np.float32(learning_rate * (1 - epoch / n_epochs))
            key = np.random.SeedSequence((seed, epoch)).generate_state(1, np.uint64)[0]
            state = (points, previous, ends, shares, np.float32(epoch), rate, curve, key)
            for parts in rounds:
                for future in [pool.submit(move, *part, *state) for part in parts]:
                    future.result()
            observer.progress(epoch + 1, n_epochs, "epochs")
    return points


def available_threads() -> int:
    """Return OpenMP's number of threads: OMP_NUM_THREADS, or the number of cores that this process may use."""
    import faiss

    return int(faiss.omp_get_max_threads())


def _edges(weights: Any, n_epochs: int) -> tuple[Int, Float, NDArray[np.int64]]:
    """The edges that pull at least once, in the order of the rounds; in round r block i is paired with block i XOR r.

    Returns their ends (m, 2), their shares of the epochs (m,), and the bounds (BLOCKS, BLOCKS + 1) of the edges of each
    pair of blocks in each round.
    """
    from scipy.sparse import triu

    graph = triu(weights, 1, format="coo")
    pulls = graph.data * n_epochs >= graph.data.max(initial=0)
    ends = np.column_stack([graph.row, graph.col])[pulls].astype(np.int32)
    shares = (graph.data[pulls] / graph.data.max(initial=0)).astype(np.float32)
    blocks = (np.arange(graph.shape[0]) * BLOCKS // graph.shape[0]).astype(np.uint8)  # a tenth of the memory
    first, second = blocks[ends].T
    pair = (first ^ second) * np.uint8(BLOCKS) + first
    order = np.lexsort((ends[:, 0], pair))
    bounds = np.arange(BLOCKS)[:, None] * BLOCKS + np.arange(BLOCKS + 1)
    return ends[order], shares[order], np.searchsorted(pair[order], bounds)


def _parts(bounds: NDArray[np.int64], threads: int) -> list[tuple[int, int]]:
    """Divide a round's edges between threads: first edge and end of each part, cut at bounds of pairs of blocks."""
    even = np.linspace(bounds[0], bounds[-1], threads + 1)
    return list(pairwise(np.unique(bounds[np.searchsorted(bounds, even)]).tolist()))
