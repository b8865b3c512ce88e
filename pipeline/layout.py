"""UMAP's layout on all cores, with the same bits for any number of them.

Neighbours pull each other together, random others push each other apart. umap-learn moves both ends of an edge at once:
each step needs the one before it, so a seeded layout runs on one thread. Here a point moves on its own through an epoch
and sees all others where they stood when it began: in which order points move, on how many threads, is all one.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.artifacts.base import Float, Int
from pipeline.observer import SILENT, Observer

LONGEST = np.float32(4)
"""How far one pull or push moves a point along an axis at most, at a learning rate of 1; as in umap-learn."""

LEAST = np.float32(0.001)
"""What is added to a squared distance that a push is divided by; as in umap-learn."""

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
"""The step between the states of SplitMix64, whose numbers say who pushes whom (Steele, Lea, Flood 2014)."""

PARTS = 8
"""Parts of the points for each thread, so that none waits long for the others."""


def layout(
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
    """Return coordinates (n, p) float32 in which points are near where `weights` join them, and apart elsewhere.

    `weights` is UMAP's fuzzy graph, a symmetric sparse (n, n) matrix of numbers in [0, 1], and `start` (n, p) where
    points begin. Nearness in the layout is 1 / (1 + a d^2b) at the distance d. An edge pulls in as large a share of
    the epochs as its weight is of the largest, each pull comes with `negative_sample_rate` pushes away from random
    points, and the `learning_rate` falls to nothing in a straight line. `threads` null: as many as OpenMP would take.

    Source: McInnes, Healy, Melville, "UMAP: Uniform Manifold Approximation and Projection", 2018. Known weakness: with
    few points, thousands rather than tens of thousands, clusters of the layout depend more on the seed than those of
    umap-learn's, whose steps build on each other; trustworthiness is the same.
    """
    starts, tails, shares = _edges(weights, n_epochs)
    now = np.array(start, np.float32, order="C")
    before, move = np.empty_like(now), _compiled(now.shape[1])
    curve = np.array([a, b, repulsion_strength], np.float32)
    threads = threads or available()
    parts = _parts(starts, PARTS * threads)
    with ThreadPoolExecutor(threads) as pool:
        for epoch in range(n_epochs):
            np.copyto(before, now)
            rate = np.float32(learning_rate * (1 - epoch / n_epochs))
            key = np.random.SeedSequence((seed, epoch)).generate_state(1, np.uint64)[0]
            given = (now, before, starts, tails, shares, np.float32(epoch), rate, curve, negative_sample_rate, key)
            for done in [pool.submit(move, *part, *given) for part in parts]:
                done.result()
            observer.progress(epoch + 1, n_epochs, "epochs")
    return now


def available() -> int:
    """Return how many threads OpenMP would take: OMP_NUM_THREADS, or the cores that this process may use."""
    import faiss

    return int(faiss.omp_get_max_threads())


def _edges(weights: Any, n_epochs: int) -> tuple[NDArray[np.int64], Int, Float]:
    """The edges that pull at all: where each point's begin, their other ends, and the share of epochs they pull in."""
    from scipy.sparse import csr_matrix

    graph = csr_matrix(weights, copy=True)
    graph.data[graph.data * n_epochs < graph.data.max()] = 0
    graph.eliminate_zeros()
    graph.sort_indices()
    shares = (graph.data / graph.data.max()).astype(np.float32)
    return graph.indptr.astype(np.int64), graph.indices.astype(np.int32), shares


def _parts(starts: NDArray[np.int64], number: int) -> list[tuple[int, int]]:
    """First and last point of consecutive parts that have about as many edges each."""
    bounds = np.searchsorted(starts, np.linspace(0, starts[-1], number + 1)).tolist()
    bounds[0], bounds[-1] = 0, len(starts) - 1
    return list(pairwise(bounds))


def _mixed(state: Any) -> Any:
    """A number of SplitMix64, uint64, from its state."""
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return state ^ (state >> np.uint64(31))


@cache
def _compiled(p: int) -> Callable[..., None]:
    """Compile the move of some points in p dimensions through one epoch; p as a constant makes it much faster."""
    from numba import njit

    one, two = np.float32(1), np.float32(2)  # a plain number would make all that it meets 64-bit
    mix = njit(_mixed)

    def move(
        first_point: int,
        last_point: int,
        now: Any,
        before: Any,
        starts: Any,
        tails: Any,
        shares: Any,
        epoch: Any,
        rate: Any,
        curve: Any,
        pushes: int,
        key: Any,
    ) -> None:
        n, (a, b, strength) = np.uint64(len(before)), curve
        place, step, apart = np.empty(p, np.float32), np.empty(p, np.float32), np.empty(p, np.float32)
        for point in range(first_point, last_point):
            place[:] = before[point]
            state = mix(key ^ mix(np.uint64(point)))
            for edge in range(starts[point], starts[point + 1]):
                if np.floor((epoch + one) * shares[edge]) == np.floor(epoch * shares[edge]):
                    continue
                step[:] = 0
                # All forces of a pull are taken at one place: they do not wait for each other in the processor.
                for draw in range(1 + pushes):
                    other = np.int64(tails[edge])
                    if draw:
                        state += GOLDEN
                        other = np.int64(((mix(state) >> np.uint64(32)) * n) >> np.uint64(32))
                    square = np.float32(0)
                    for axis in range(p):
                        apart[axis] = place[axis] - before[other, axis]
                        square += apart[axis] * apart[axis]
                    if other == point or square == 0:
                        continue
                    power = square**b
                    if draw:
                        force, times = two * strength * b / ((LEAST + square) * (a * power + one)), rate
                    else:  # both ends have the edge and each moves itself alone: what moves two here counts twice
                        force, times = -two * a * b * power / (square * (a * power + one)), two * rate
                    for axis in range(p):
                        step[axis] += times * min(max(force * apart[axis], -LONGEST), LONGEST)
                for axis in range(p):
                    place[axis] += step[axis]
            now[point] = place

    compiled: Callable[..., None] = njit(move, nogil=True, fastmath=True)
    return compiled
