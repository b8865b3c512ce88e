"""Which images are worth a person's label: typical ones, then those typical of what is unsure. No label is seen."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.artifacts.base import Float, Int
from pipeline.artifacts.clustering import Clustering
from pipeline.artifacts.features import Features
from pipeline.artifacts.latents import Graph
from pipeline.neighborhood import symmetric

Rows = NDArray[np.int64]

STEPS = 3
"""Steps along the graph over which neighbours are asked for their cluster."""
BASE = 0.01
"""Weight of an image that nothing is unsure about, so that the picks still spread where everything is sure."""
SAMPLE = 2000
"""Members of a group that stand for it where the most typical is looked for."""


def pick(graph: Graph, features: Features, clustering: Clustering, budget: int, seed: int = 0) -> Rows:
    """Return `budget` rows of fitted images, in the order in which they are worth labelling.

    First the most typical image of each cluster, the largest first: with the clusters' help they label nearly
    everything. The others are the most typical images of parts of the clustered space, small where the graph is
    unsure and large where it is sure: k-means weighted by `unsureness`. Few labels do best on typical images,
    not on odd ones: Hacohen, Dekel, Weinshall, "Active learning on a budget", 2022.
    """
    points = np.asarray(features.fitted, np.float32)
    reach = np.asarray(graph.distances[:, -1])
    rng = np.random.default_rng(seed)
    budget = min(budget, len(points))
    clusters = np.asarray(clustering.fitted)
    first = [most_typical(points, reach, np.flatnonzero(clusters == c), rng) for c in range(min(clustering.k, budget))]
    rest = budget - len(first)
    if not rest:
        return np.array(first, np.int64)
    weight = BASE + unsureness(graph, clusters)
    weight[first] = 0
    parts = _parts(points, weight, rest, seed)
    chosen = [densest(points, weight, members, rng) for members in parts]
    # The part with the most unsureness in it comes first, so that a shorter list is a good one too.
    order = np.argsort([-weight[members].sum() for members in parts], kind="stable")
    picked = list(dict.fromkeys([*first, *(chosen[i] for i in order)]))
    return np.array(picked + _fill(weight, picked, budget), np.int64)


def unsureness(graph: Graph, clusters: Int) -> NDArray[np.float64]:
    """Return, for each image (n,), the share in [0, 1] of its wider neighbourhood that is not of one cluster.

    Noise speaks for no cluster, so an image among noise is unsure.
    """
    from scipy.sparse import diags

    joined = symmetric(graph).astype(np.float64)
    walk = diags(1 / np.maximum(np.asarray(joined.sum(axis=1)).ravel(), 1)) @ joined
    share = np.zeros((len(clusters), int(clusters.max(initial=0)) + 1))
    share[clusters >= 0, clusters[clusters >= 0]] = 1
    for _ in range(STEPS):
        share = walk @ share
    return np.asarray(1 - share.max(axis=1))


def most_typical(points: Float, reach: Float, members: Rows, rng: np.random.Generator) -> int:
    """Return the row of `members` that is typical in both spaces, the clustered one and the latent one.

    Of the densest twentieth among the `points` it is the one with the smallest `reach` (n,), the distance to its
    farthest neighbour in the latent space. Density alone is fooled by an odd image that was embedded amid others.
    """
    members = _sample(members, rng)
    density = _density(points[members], np.ones(len(members)))
    dense = members[np.argsort(-density, kind="stable")[: -(-len(members) // 20)]]
    return int(dense[reach[dense].argmin()])


def densest(points: Float, weight: NDArray[np.float64], members: Rows, rng: np.random.Generator) -> int:
    """Return the row of `members` around which most of their `weight` (n,) lies."""
    members = _sample(members, rng)
    return int(members[_density(points[members], weight[members]).argmax()])


def _sample(members: Rows, rng: np.random.Generator) -> Rows:
    return members if len(members) <= SAMPLE else np.sort(rng.choice(members, SAMPLE, replace=False))


def _density(points: Float, weight: NDArray[np.float64]) -> NDArray[np.float64]:
    """The weight around each point, by a Gaussian kernel of half the median distance between points."""
    squared = _squared(points, points)
    width = 0.5 * float(np.median(squared)) ** 0.5
    return np.asarray(np.exp(-squared / (2 * max(width, 1e-6) ** 2)) @ weight)


def _squared(first: Float, second: Float) -> Float:
    norms = (first**2).sum(axis=1)[:, None] + (second**2).sum(axis=1)
    return np.asarray(np.maximum(norms - 2 * first @ second.T, 0), np.float32)


def _parts(points: Float, weight: NDArray[np.float64], count: int, seed: int) -> list[Rows]:
    """Rows of the parts of the space, at most `count`, between which the weight is shared out."""
    from sklearn.cluster import KMeans
    from threadpoolctl import threadpool_limits

    free = np.flatnonzero(weight > 0)
    count = min(count, len(np.unique(points[free], axis=0)))
    with threadpool_limits(1):  # one thread sums in one order: the same picks on any number of cores
        means = KMeans(count, n_init=1, max_iter=50, random_state=seed).fit(points[free], sample_weight=weight[free])
    return [free[means.labels_ == part] for part in range(count)]


def _fill(weight: NDArray[np.float64], picked: list[int], budget: int) -> list[int]:
    """The unsurest images that are not picked yet, where equal images left fewer parts than asked for."""
    left = np.argsort(-weight, kind="stable")
    return [int(row) for row in left[~np.isin(left, picked)][: budget - len(picked)]]
