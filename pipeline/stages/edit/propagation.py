"""Spread the moves of a person to similar images over the neighbour graph."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.artifacts.base import Float, Int
from pipeline.artifacts.latents import Graph
from pipeline.embedding.neighbor_weights import symmetric_adjacency

HOPS = 2
"""Images at most so many edges away from a moved image may change."""
STOP = 1 / 3
"""Probability that a walk stops at an image that may change.

Among images that all have the same share of moved neighbours, they follow if that share is above one half.
"""
ITERATIONS, TOLERANCE = 100, 1e-4


def propagate_moves(
    graph: Graph, clusters: Int, moved: NDArray[np.bool_], is_fixed: NDArray[np.bool_]
) -> tuple[Int, Float]:
    """Return the cluster (n,) int32 and its probability (n,) float32 of each image after spreading the moves.

    `clusters` (n,) int32, noise −1, are those after the moves, `moved` (n,) tells which images a person moved, and
    `is_fixed` (n,) which others must not change. An image up to two edges from a moved one goes to that cluster of
    moved images in which a random walk from it is most likely to end, if that is more likely than its own cluster. The
    walk stops at the first image that cannot change, and at others with probability 1/3, in their own cluster. Without
    the latter this is the harmonic function of Zhu, Ghahramani, Lafferty, "Semi-supervised learning using Gaussian
    fields and harmonic functions", 2003. Other images keep their clusters, with probability 1.
    """
    adjacency = symmetric_adjacency(graph)
    candidates = np.flatnonzero(_within_reach(adjacency, moved) & ~moved & ~is_fixed)
    probability = np.ones(len(clusters), np.float32)
    targets = np.unique(clusters[moved])
    if not len(candidates) or not len(targets):
        return clusters, probability
    shares = _walk_ends(adjacency, candidates, clusters)
    rows = np.arange(len(candidates))
    own = shares[rows, clusters[candidates] + 1]
    best = targets[shares[:, targets + 1].argmax(axis=1)]
    wins = shares[rows, best + 1] > own
    spread = np.array(clusters)
    spread[candidates[wins]] = best[wins]
    probability[candidates] = shares[rows, spread[candidates] + 1]
    return spread, probability


def _within_reach(adjacency: Any, moved: NDArray[np.bool_]) -> NDArray[np.bool_]:
    reached = moved.astype(np.float32)
    for _ in range(HOPS):
        reached = np.minimum(reached + adjacency @ reached, 1)
    return np.asarray(reached > 0)


def _walk_ends(adjacency: Any, candidates: NDArray[np.int64], clusters: Int) -> Float:
    """The probability (m, k + 1) that a walk from each candidate ends in each cluster; column 0 is noise."""
    k = int(clusters.max(initial=0)) + 1
    is_open = np.zeros(len(clusters), bool)
    is_open[candidates] = True
    edges = adjacency[candidates]
    membership = np.zeros((len(clusters), k + 1), np.float32)
    membership[np.arange(len(clusters)), clusters + 1] = 1
    degree = np.maximum(np.asarray(edges.sum(axis=1)), 1)
    absorbed = edges @ np.where(is_open[:, None], 0, membership)
    among = edges[:, candidates]
    own = membership[candidates]
    shares: Float = own
    for _ in range(ITERATIONS):
        following = STOP * own + (1 - STOP) * (absorbed + among @ shares) / degree
        change = float(np.abs(following - shares).max())
        shares = np.asarray(following, np.float32)
        if change < TOLERANCE:
            break
    return shares
