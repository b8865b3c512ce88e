"""The hierarchy of clusters: its linkages against references, cuts, and the drawing order."""

from typing import get_args

import numpy as np
import pytest
from scipy.cluster import hierarchy as scipy_hierarchy

from pipeline.artifacts import Features, Graph
from pipeline.clustering.hierarchy import (
    cluster_linkage,
    cut_linkage,
    graph_linkage,
    members_of_nodes,
    merged_pairs,
    node_positions,
    ward_linkage,
)
from pipeline.config import Tree


def as_features(points):
    points = np.asarray(points, np.float32)
    return Features(points, points[:0], "none")


def draw_clusters(k, seed=0, n=120, noise=10):
    """Points in two dimensions whose clusters lie on a line, in random order; the first are noise."""
    rng = np.random.default_rng(seed)
    clusters = rng.permutation(np.arange(n) % k).astype(np.int32)
    points = np.stack([clusters**1.5, np.zeros(n)], axis=1) + rng.normal(0, 0.6, (n, 2))
    clusters[:noise] = -1
    return as_features(points), clusters


def graph_of_edges(edges, n):
    """A graph in which each node has the same number of neighbours: itself fills the rest."""
    neighbors = [[b for a, b in edges if a == node] for node in range(n)]
    k = max(map(len, neighbors))
    indices = np.array([row + [node] * (k - len(row)) for node, row in enumerate(neighbors)], np.int32)
    return Graph(indices, np.zeros(indices.shape, np.float32), indices[:0], np.zeros((0, k), np.float32))


def test_ward_is_that_of_all_points_after_the_clusters_are_formed():
    """Ward's linkage of all points, whose first merges form the clusters, has the same last merges."""
    rng = np.random.default_rng(1)
    centres = rng.normal(0, 20, (6, 3))
    groups = np.repeat(np.arange(6), [30, 25, 20, 15, 10, 5])
    points = centres[groups] + rng.normal(size=(len(groups), 3))
    reference = scipy_hierarchy.ward(points)[-5:]
    linkage = ward_linkage(as_features(points), groups.astype(np.int32))
    variance = ((points - points.mean(axis=0)) ** 2).sum()
    np.testing.assert_allclose(linkage[:, 2] * np.sqrt(2 * variance), reference[:, 2], rtol=1e-5)
    assert (linkage[:, 2] ** 2).sum() <= 1


def test_all_variance_is_lost_if_points_are_their_centres():
    linkage = ward_linkage(as_features([[0], [1], [5], [5]]), np.array([0, 1, 2, 2], np.int32))
    assert (linkage[:, 2] ** 2).sum() == pytest.approx(1)
    assert linkage[0, :2].tolist() == [0, 1]


def test_graph_merges_by_edges_relative_to_chance():
    """The large cluster has the most edges to the third, but the small one has more than by chance."""
    rng = np.random.default_rng(0)
    clusters = np.repeat([0, 1, 2, 3], [40, 40, 10, 10]).astype(np.int32)
    inner = [(a, b) for a in range(100) for b in rng.permutation(np.flatnonzero(clusters == clusters[a]))[:4]]
    linkage = graph_linkage(graph_of_edges([*inner, (0, 40), (1, 41), (2, 42), (80, 90), (81, 91)], 100), clusters)
    assert linkage[:2, :2].tolist() == [[2, 3], [0, 1]]


def test_height_1_means_as_many_edges_as_by_chance():
    clusters = np.array([0, 0, 1, 1], np.int32)
    everything = [(a, b) for a in range(4) for b in range(4)]
    assert graph_linkage(graph_of_edges(everything, 4), clusters)[0, 2] == pytest.approx(1, abs=0.03)


def test_groups_without_edges_are_merged_last_at_one_height():
    edges = [(0, 1), (1, 0), (2, 3), (3, 2), (4, 5), (5, 4)]
    linkage = graph_linkage(graph_of_edges(edges, 6), np.array([0, 3, 1, 1, 2, 2], np.int32))
    assert linkage[0, :2].tolist() == [0, 3]
    assert linkage[1, 2] == linkage[2, 2] > linkage[0, 2]
    assert np.isfinite(linkage).all()


def test_noise_has_no_edges():
    _, clusters = draw_clusters(3)
    rng = np.random.default_rng(0)
    indices = rng.integers(0, len(clusters), (len(clusters), 5)).astype(np.int32)
    graph = Graph(indices, indices.astype(np.float32), indices[:0], indices[:0].astype(np.float32))
    rewired = indices.copy()
    rewired[clusters < 0] = 0
    other = Graph(rewired, graph.distances, graph.held_indices, graph.held_distances)
    np.testing.assert_array_equal(graph_linkage(graph, clusters), graph_linkage(other, clusters))


@pytest.mark.parametrize("method", get_args(Tree.model_fields["linkage"].annotation))
@pytest.mark.parametrize("k", [1, 2, 3, 17])
def test_each_linkage_is_valid_and_monotonic(method, k):
    features, clusters = draw_clusters(k)
    rng = np.random.default_rng(k)
    indices = np.argsort(np.abs(features.fitted[:, :1] - features.fitted[:, 0]) + rng.random((120, 120)), axis=1)
    indices = indices[:, :9].astype(np.int32)
    graph = Graph(indices, np.zeros(indices.shape, np.float32), indices[:0], np.zeros((0, 9), np.float32))
    linkage = cluster_linkage(method, graph, features, clusters)
    assert linkage.shape == (k - 1, 4)
    if k > 1:
        assert scipy_hierarchy.is_valid_linkage(linkage)
        assert scipy_hierarchy.is_monotonic(linkage)
        np.testing.assert_array_equal(linkage, cluster_linkage(method, graph, features, clusters))


LINKAGE = np.array([[1, 3, 1, 2], [0, 2, 2, 2], [4, 5, 3, 4]], np.float64)


@pytest.mark.parametrize(
    ("n_groups", "groups"), [(4, [0, 1, 2, 3]), (3, [0, 1, 2, 1]), (2, [0, 1, 0, 1]), (1, [0, 0, 0, 0])]
)
def test_a_cut_undoes_the_highest_merges(n_groups, groups):
    assert cut_linkage(LINKAGE, n_groups).tolist() == groups


def test_each_pair_joins_the_second_group_to_the_first():
    assert merged_pairs(LINKAGE) == [(1, 3), (0, 2), (0, 1)]


def test_cuts_are_those_of_scipy():
    features, clusters = draw_clusters(9)
    linkage = ward_linkage(features, clusters)
    for n_groups in range(1, 10):
        reference = scipy_hierarchy.cut_tree(linkage, n_groups).ravel()
        groups = cut_linkage(linkage, n_groups)
        np.testing.assert_array_equal(groups[:, None] == groups, reference[:, None] == reference)


@pytest.mark.parametrize("n_groups", [0, 5])
def test_an_impossible_cut_is_refused(n_groups):
    with pytest.raises(ValueError, match=f"4 clusters cannot be cut into {n_groups} groups"):
        cut_linkage(LINKAGE, n_groups)


def test_lines_of_a_dendrogram_do_not_cross():
    assert members_of_nodes(LINKAGE) == [[0], [1], [2], [3], [1, 3], [0, 2], [0, 2, 1, 3]]
    assert node_positions(LINKAGE).tolist() == [0, 2, 1, 3, 2.5, 0.5, 1.5]
