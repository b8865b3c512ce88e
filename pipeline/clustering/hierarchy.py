"""A hierarchy of the clusters: which two are merged first, which next, until all are one group."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pipeline.artifacts.base import Int
from pipeline.artifacts.features import Features
from pipeline.artifacts.latents import Graph

Values = NDArray[np.float64]
Linkage = Values
"""The k − 1 merges of k clusters as in `scipy.cluster.hierarchy`: (k − 1, 4), sorted by height.

The columns are the two nodes, the smaller number first, the height of their merge, and the number of clusters below it.
Node i < k is cluster i, and node k + j is made by merge j.
"""


def graph_linkage(graph: Graph, clusters: Int) -> Linkage:
    """Return average linkage of the neighbour graph: the two groups with the highest lift are merged first.

    The lift of two groups is the number of edges between them over the number expected if the ends of all edges were
    shuffled; noise has no edges. The height of a merge is log2(1 + 1 / lift), so 1 means as many edges as by chance,
    and each further unit about half as many. The lift of a group is the mean of that of its clusters, weighted by their
    edges, so heights never fall. Source: Bonald, Charpentier, Galland, Hollocou, "Hierarchical graph clustering using
    node pair sampling", 2018. Limitation: groups without any edge between them are merged last, at one height, those
    with the smallest numbers first.
    """
    edges = _edges_between(graph, clusters)
    total = edges.sum()
    ends = edges.sum(axis=1)

    def height(between: Values, first: Values | float, second: Values | float) -> Values:
        # Less than one edge in the whole graph stands for none, so that the height is finite.
        lift = between * total / np.maximum(first * second, 1) + 1 / (total + 1)
        return np.asarray(np.log2(1 + 1 / lift))

    def pool(first: int, second: int) -> Values:
        edges[first] += edges[second]
        edges[:, first] += edges[:, second]
        ends[first] += ends[second]
        return height(edges[first], ends[first], ends)

    return _agglomerate(height(edges, ends[:, None], ends), pool)


def ward_linkage(features: Features, clusters: Int) -> Linkage:
    """Return Ward's linkage of the clusters' mean features, weighted by the clusters' sizes.

    The height of a merge is the square root of the share of the variance of all clustered images' features that it
    takes away from between the groups; it is proportional to the height that scipy has for the linkage of all images.
    Sources: Ward, "Hierarchical grouping to optimize an objective function", 1963; Murtagh and Legendre, "Ward's
    hierarchical agglomerative clustering method", 2014. Limitations: small clusters are merged early, and distances
    between clusters in the features of UMAP mean little if they are large.
    """
    points, members = np.asarray(features.fitted, np.float64), np.asarray(clusters)
    points, members = points[members >= 0], members[members >= 0]
    sizes = np.bincount(members).astype(np.float64)
    centres = np.stack([np.bincount(members, column) for column in points.T], axis=1) / sizes[:, None]
    variance = max(float(((points - points.mean(axis=0)) ** 2).sum()), np.finfo(float).tiny)

    def height(index: int) -> Values:
        squared = ((centres - centres[index]) ** 2).sum(axis=1)
        return np.asarray(np.sqrt(sizes * sizes[index] / (sizes + sizes[index]) * squared / variance))

    def pool(first: int, second: int) -> Values:
        weights = sizes[[first, second]]
        centres[first] = weights @ centres[[first, second]] / weights.sum()
        sizes[first] = weights.sum()
        return height(first)

    return _agglomerate(np.stack([height(index) for index in range(len(sizes))]), pool)


def cluster_linkage(method: Literal["graph", "ward"], graph: Graph, features: Features, clusters: Int) -> Linkage:
    """Return the linkage by `method`, "graph" or "ward", of at least one cluster; `clusters` (n,) has noise as −1."""
    return ward_linkage(features, clusters) if method == "ward" else graph_linkage(graph, clusters)


def members_of_nodes(linkage: Linkage) -> list[list[int]]:
    """Return the clusters below each of the 2k − 1 nodes, in the order in which a dendrogram draws them.

    Of the two nodes of a merge, that with the smallest cluster number comes first.
    """
    members = [[cluster] for cluster in range(len(linkage) + 1)]
    for pair in linkage[:, :2].astype(int):
        upper, lower = sorted((members[node] for node in pair), key=min)
        members.append(upper + lower)
    return members


def merged_pairs(linkage: Linkage) -> list[tuple[int, int]]:
    """Return for each merge the groups that it joins, each by the smallest cluster in it, the smaller first.

    The first is the number of the new group, as in `cut_linkage`.
    """
    smallest = [min(members) for members in members_of_nodes(linkage)]
    pairs = linkage[:, :2].astype(int).tolist()
    return [(min(a, b), max(a, b)) for a, b in ((smallest[first], smallest[second]) for first, second in pairs)]


def node_positions(linkage: Linkage) -> Values:
    """Return where a dendrogram draws each of the 2k − 1 nodes: a cluster at 0, 1, …, a merge between its two nodes."""
    positions = np.empty(2 * len(linkage) + 1)
    positions[members_of_nodes(linkage)[-1]] = np.arange(len(linkage) + 1)
    for merge, pair in enumerate(linkage[:, :2].astype(int), len(linkage) + 1):
        positions[merge] = positions[pair].mean()
    return positions


def cut_linkage(linkage: Linkage, n_groups: int) -> Int:
    """Return the group (k,) int32 of each cluster after all but n_groups − 1 merges: the smallest number in it.

    Raises:
        ValueError: `n_groups` is not between 1 and k.
    """
    k = len(linkage) + 1
    if not 1 <= n_groups <= k:
        raise ValueError(f"{k} clusters cannot be cut into {n_groups} groups")
    groups = np.arange(k, dtype=np.int32)
    for members in members_of_nodes(linkage)[k : 2 * k - n_groups]:
        groups[members] = min(members)
    return groups


def _edges_between(graph: Graph, clusters: Int) -> Values:
    """The number of neighbour pairs between any two clusters (k, k), symmetric; pairs with noise do not count."""
    k = int(clusters.max(initial=-1)) + 1
    source = np.repeat(clusters, graph.k).astype(np.int64)
    target = clusters[np.asarray(graph.indices)].ravel()
    is_pair = (source >= 0) & (target >= 0)
    counts = np.bincount(source[is_pair] * k + target[is_pair], minlength=k * k).reshape(k, k)
    return (counts + counts.T).astype(np.float64)


def _agglomerate(heights: Values, pool: Callable[[int, int], Values]) -> Linkage:
    """Merge the two groups with the lowest height until one is left.

    `heights` (k, k) is symmetric. `pool(first, second)` merges the second group into the first and returns the heights
    (k,) of its merges with the others.
    """
    k = len(heights)
    heights = np.array(heights)
    np.fill_diagonal(heights, np.inf)
    nodes, counts, is_gone = np.arange(k), np.ones(k), np.zeros(k, bool)
    linkage = np.empty((max(k - 1, 0), 4))
    for step in range(len(linkage)):
        first, second = divmod(int(heights.argmin()), k)
        counts[first] += counts[second]
        linkage[step] = [*sorted(nodes[[first, second]]), heights[first, second], counts[first]]
        nodes[first], is_gone[second] = k + step, True
        row = np.where(is_gone, np.inf, pool(first, second))
        row[first] = np.inf
        heights[first] = heights[:, first] = row
        heights[second] = heights[:, second] = np.inf
    linkage[:, 2] = np.maximum.accumulate(linkage[:, 2])  # rounding may lower a height by its last bits
    return linkage
