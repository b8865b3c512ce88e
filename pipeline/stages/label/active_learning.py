"""Pick the images that are worth labelling by hand, without looking at any label."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.artifacts.base import Float, Int
from pipeline.artifacts.clustering import Clustering
from pipeline.artifacts.features import Features
from pipeline.artifacts.latents import Graph
from pipeline.embedding.neighbor_weights import symmetric_adjacency

Rows = NDArray[np.int64]

WALK_STEPS = 3
"""Length of the random walks on the graph that measure uncertainty."""
BASE_WEIGHT = 0.01
"""Weight of an image without uncertainty, so that picks still cover the space where every cluster is certain."""
DENSITY_SAMPLE = 2000
"""At most so many images of a group are considered when its most typical image is searched for."""


def pick_images(graph: Graph, features: Features, clustering: Clustering, budget: int, seed: int = 0) -> Rows:
    """Return the rows of `budget` fitted images, in the order in which they should be labelled.

    The first picks are the most typical image of each cluster, largest cluster first. The remaining picks are typical
    images of regions of the clustered space; regions are found by k-means with the images weighted by
    `cluster_uncertainty`, so uncertain regions are smaller. Images that a person marked for removal are not picked.
    With few labels, typical images are better queries than atypical ones: Hacohen, Dekel, Weinshall, "Active learning
    on a budget", 2022.
    """
    points = np.asarray(features.fitted, np.float32)
    reach = np.asarray(graph.distances[:, -1])
    rng = np.random.default_rng(seed)
    budget = min(budget, int((~clustering.removed).sum()))
    clusters = np.asarray(clustering.fitted)
    typical = [
        most_typical_image(points, reach, np.flatnonzero(clusters == cluster), rng)
        for cluster in range(min(clustering.k, budget))
    ]
    remaining = budget - len(typical)
    if not remaining:
        return np.array(typical, np.int64)
    weight = BASE_WEIGHT + cluster_uncertainty(graph, clusters)
    weight[clustering.removed] = 0
    weight[typical] = 0
    regions = _weighted_regions(points, weight, remaining, seed)
    densest = [densest_image(points, weight, members, rng) for members in regions]
    # The region with the largest total weight comes first, so that a prefix of the list is a good choice too.
    order = np.argsort([-weight[members].sum() for members in regions], kind="stable")
    picked = list(dict.fromkeys([*typical, *(densest[region] for region in order)]))
    excluded = np.concatenate([picked, np.flatnonzero(clustering.removed)])
    return np.array(picked + _most_uncertain(weight, excluded, budget - len(picked)), np.int64)


def cluster_uncertainty(graph: Graph, clusters: Int) -> NDArray[np.float64]:
    """Return 1 − the probability (n,) that a random walk from an image ends in the cluster where it ends most often.

    Values are in [0, 1]; the walk takes three steps on the symmetric neighbour graph. Noise (−1) belongs to no cluster,
    so an image surrounded by noise is uncertain.
    """
    from scipy.sparse import diags

    adjacency = symmetric_adjacency(graph).astype(np.float64)
    transition = diags(1 / np.maximum(np.asarray(adjacency.sum(axis=1)).ravel(), 1)) @ adjacency
    probability = np.zeros((len(clusters), int(clusters.max(initial=0)) + 1))
    probability[clusters >= 0, clusters[clusters >= 0]] = 1
    for _ in range(WALK_STEPS):
        probability = transition @ probability
    return np.asarray(1 - probability.max(axis=1))


def most_typical_image(points: Float, reach: Float, members: Rows, rng: np.random.Generator) -> int:
    """Return the row among `members` that is typical in the clustered space and in the latent space.

    Of the densest 5 % of the members in the clustered space (`points`, (n, d)) it is the one with the smallest `reach`
    (n,), the distance to the farthest neighbour in the latent space. Density in the clustered space alone can select
    an atypical image that was embedded among others.
    """
    members = _subsample(members, rng)
    density = _kernel_density(points[members], np.ones(len(members)))
    dense = members[np.argsort(-density, kind="stable")[: -(-len(members) // 20)]]
    return int(dense[reach[dense].argmin()])


def densest_image(points: Float, weight: NDArray[np.float64], members: Rows, rng: np.random.Generator) -> int:
    """Return the row among `members` with the highest density, where each image counts with its `weight` (n,)."""
    members = _subsample(members, rng)
    return int(members[_kernel_density(points[members], weight[members]).argmax()])


def _subsample(members: Rows, rng: np.random.Generator) -> Rows:
    if len(members) <= DENSITY_SAMPLE:
        return members
    return np.sort(rng.choice(members, DENSITY_SAMPLE, replace=False))


def _kernel_density(points: Float, weight: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the weighted density at each point, with a Gaussian kernel of half the median pairwise distance."""
    centred = points - points.mean(axis=0)  # norms of points far from the origin lose the digits of their distances
    squared = _squared_distances(centred, centred)
    width = 0.5 * float(np.median(squared)) ** 0.5
    return np.asarray(np.exp(-squared / (2 * max(width, 1e-6) ** 2)) @ weight)


def _squared_distances(first: Float, second: Float) -> Float:
    norms = (first**2).sum(axis=1)[:, None] + (second**2).sum(axis=1)
    return np.asarray(np.maximum(norms - 2 * first @ second.T, 0), np.float32)


def _weighted_regions(points: Float, weight: NDArray[np.float64], count: int, seed: int) -> list[Rows]:
    """Return the rows of at most `count` regions, from k-means of the points with a positive weight."""
    from sklearn.cluster import KMeans
    from threadpoolctl import threadpool_limits

    rows = np.flatnonzero(weight > 0)
    count = min(count, len(np.unique(points[rows], axis=0)))
    with threadpool_limits(1):  # a fixed summation order gives the same picks on any number of cores
        kmeans = KMeans(count, n_init=1, max_iter=50, random_state=seed).fit(points[rows], sample_weight=weight[rows])
    regions = [rows[kmeans.labels_ == region] for region in range(count)]
    return [region for region in regions if len(region)]  # k-means may leave clusters without points


def _most_uncertain(weight: NDArray[np.float64], excluded: NDArray[np.int64], count: int) -> list[int]:
    """Return the images that complete the budget where identical points left fewer regions than requested."""
    order = np.argsort(-weight, kind="stable")
    return [int(row) for row in order[~np.isin(order, excluded)][:count]]
