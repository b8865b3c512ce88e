"""UMAP's layout on all cores, with the same bits for any number of them.

Neighbours pull each other together, random others push each other apart. umap-learn takes one edge after the other,
each from where the last left the points, so a seeded layout runs on one thread. Here the points are cut into blocks,
and an epoch goes in rounds: in each, every block meets one other, so the pairs of blocks share no point and run side by
side. A pull moves both ends alike, as in umap-learn, so pulls cancel and clusters lie where the pushes put them. (With
each point moved in its own turn whole clusters wandered, and which of them merged depended on the seed.)
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

BLOCKS = 16
"""Blocks of points, a power of 2. Half as many threads have work at a time; more blocks are smaller and cost more."""

LONGEST = np.float32(4)
"""How far one pull or push moves a point along an axis at most, at a learning rate of 1; as in umap-learn."""

LEAST = np.float32(0.001)
"""What is added to a squared distance that a push is divided by; as in umap-learn."""

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
"""The step between the states of SplitMix64, whose numbers say who pushes whom (Steele, Lea, Flood 2014)."""


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
    the epochs as its weight is of the largest, each end of a pull gets `negative_sample_rate` pushes away from random
    points, as they stood when the epoch began, and the `learning_rate` falls to nothing in a straight line. `threads`
    null: as many as OpenMP would take.

    Source: McInnes, Healy, Melville, "UMAP: Uniform Manifold Approximation and Projection", 2018. Known weakness: the
    distances between clusters say little, as in every layout of this kind.
    """
    ends, shares, rounds = _edges(weights, n_epochs)
    now = np.array(start, np.float32, order="C")
    before, move = np.empty_like(now), _compiled(now.shape[1])
    curve = np.array([a, b, repulsion_strength], np.float32)
    threads = threads or available()
    parts = [_parts(edges, threads) for edges in rounds]
    with ThreadPoolExecutor(threads) as pool:
        for epoch in range(n_epochs):
            np.copyto(before, now)
            rate = np.float32(learning_rate * (1 - epoch / n_epochs))
            key = np.random.SeedSequence((seed, epoch)).generate_state(1, np.uint64)[0]
            given = (now, before, ends, shares, np.float32(epoch), rate, curve, negative_sample_rate, key)
            for side_by_side in parts:
                for done in [pool.submit(move, *part, *given) for part in side_by_side]:
                    done.result()
            observer.progress(epoch + 1, n_epochs, "epochs")
    return now


def available() -> int:
    """Return how many threads OpenMP would take: OMP_NUM_THREADS, or the cores that this process may use."""
    import faiss

    return int(faiss.omp_get_max_threads())


def _edges(weights: Any, n_epochs: int) -> tuple[Int, Float, NDArray[np.int64]]:
    """The edges that pull at all, in the order of the rounds; in round r block p meets block p XOR r.

    Returns their ends (m, 2), the shares of epochs that they pull in (m,), and where in each round the edges of each
    pair of blocks begin and end (BLOCKS, BLOCKS + 1).
    """
    from scipy.sparse import triu

    graph = triu(weights, 1, format="coo")
    pulls = graph.data * n_epochs >= graph.data.max(initial=0)
    ends = np.column_stack([graph.row, graph.col])[pulls].astype(np.int32)
    shares = (graph.data[pulls] / graph.data.max(initial=0)).astype(np.float32)
    first, second = (ends.astype(np.int64) * BLOCKS // graph.shape[0]).T
    pair = (first ^ second) * BLOCKS + first
    order = np.lexsort((ends[:, 0], pair))
    bounds = np.arange(BLOCKS)[:, None] * BLOCKS + np.arange(BLOCKS + 1)
    return ends[order], shares[order], np.searchsorted(pair[order], bounds)


def _parts(edges: NDArray[np.int64], threads: int) -> list[tuple[int, int]]:
    """First and last edge of a round's parts, at most `threads`, cut where a pair of blocks begins."""
    even = np.linspace(edges[0], edges[-1], threads + 1)
    return list(pairwise(np.unique(edges[np.searchsorted(edges, even)]).tolist()))


def _mixed(state: Any) -> Any:
    """A number of SplitMix64, uint64, from its state."""
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return state ^ (state >> np.uint64(31))


@cache
def _compiled(p: int) -> Callable[..., None]:
    """Compile one epoch's pulls and pushes of some edges in p dimensions; p as a constant makes it much faster."""
    from numba import njit

    one, two = np.float32(1), np.float32(2)  # a plain number would make all that it meets 64-bit
    mix = njit(_mixed)

    def move(
        first_edge: int,
        last_edge: int,
        now: Any,
        before: Any,
        ends: Any,
        shares: Any,
        epoch: Any,
        rate: Any,
        curve: Any,
        pushes: int,
        key: Any,
    ) -> None:
        n, (a, b, strength) = np.uint64(len(before)), curve
        place, step, apart = np.empty((2, p), np.float32), np.empty((2, p), np.float32), np.empty(p, np.float32)
        for edge in range(first_edge, last_edge):
            if np.floor((epoch + one) * shares[edge]) == np.floor(epoch * shares[edge]):
                continue
            for axis in range(p):
                place[0, axis], place[1, axis] = now[ends[edge, 0], axis], now[ends[edge, 1], axis]
                apart[axis] = place[0, axis] - place[1, axis]
                step[0, axis] = 0
            for _ in range(2):  # the graph is symmetric: umap-learn has every edge twice
                square = np.float32(0)
                for axis in range(p):
                    square += apart[axis] * apart[axis]
                power = square**b
                force = -two * a * b * power / (max(square, LEAST * LEAST) * (a * power + one))
                for axis in range(p):
                    pull = rate * min(max(force * apart[axis], -LONGEST), LONGEST)
                    step[0, axis] += pull
                    apart[axis] += two * pull
            for axis in range(p):
                step[1, axis] = -step[0, axis]
            state = mix(key ^ mix(np.uint64(edge)))
            # All forces are taken at the places before the pull: they do not wait for each other in the processor.
            for _ in range(pushes):
                for end in range(2):
                    state += GOLDEN
                    stranger = np.int64(((mix(state) >> np.uint64(32)) * n) >> np.uint64(32))
                    square = np.float32(0)
                    for axis in range(p):
                        apart[axis] = place[end, axis] - before[stranger, axis]
                        square += apart[axis] * apart[axis]
                    force = two * strength * b / ((LEAST + square) * (a * square**b + one))
                    if stranger == ends[edge, end]:
                        force = np.float32(0)
                    for axis in range(p):
                        step[end, axis] += rate * min(max(force * apart[axis], -LONGEST), LONGEST)
            for end in range(2):
                for axis in range(p):
                    now[ends[edge, end], axis] = place[end, axis] + step[end, axis]

    compiled: Callable[..., None] = njit(move, nogil=True, fastmath=True)
    return compiled
