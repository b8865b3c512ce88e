"""Weights of neighbours, their votes and means, and the graph as a matrix."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse.csgraph import connected_components

from pipeline.artifacts import Graph
from pipeline.embedding.neighbor_weights import (
    connected_adjacency,
    gaussian_weights,
    label_shares,
    symmetric_adjacency,
    vote_labels,
    weighted_mean,
)


@given(st.lists(st.floats(0, 1e6, width=32), min_size=1, max_size=20))
def test_weights_fall_with_distance_and_sum_to_one(distances):
    row = gaussian_weights(np.sort(np.array([distances], np.float32)))[0]
    assert row.sum() == pytest.approx(1, abs=1e-5)
    assert (np.diff(row) <= 1e-7).all()
    assert (row >= 0).all()


LABELS = np.array([0, 0, 1, -1, -1], np.int32)
EQUAL = np.ones((1, 3), np.float32)


@pytest.mark.parametrize(
    ("neighbors", "distances", "winner", "share"),
    [
        ([0, 1, 2], EQUAL, 0, 2 / 3),
        ([2, 3, 4], EQUAL, -1, 2 / 3),  # noise votes too
        # Weights 1, e^−½ and e^−2 at distances 0, ½ and 1: the nearest one outvotes the other two.
        ([2, 0, 1], np.array([[0, 0.5, 1]], np.float32), 1, 1 / (1 + np.exp(-0.5) + np.exp(-2))),
    ],
)
def test_votes_computed_by_hand(neighbors, distances, winner, share):
    labels, confidence = vote_labels(LABELS, np.array([neighbors]), distances)
    assert labels.tolist() == [winner]
    assert labels.dtype == np.int32
    assert confidence[0] == pytest.approx(share, rel=1e-5)


def test_shares_have_a_column_for_noise_and_sum_to_one(blobs):
    labels = np.where(blobs.labels == 2, -1, blobs.labels).astype(np.int32)
    shares = label_shares(labels, blobs.graph.indices, blobs.graph.distances)
    assert shares.shape == (len(labels), 3)
    np.testing.assert_allclose(shares.sum(axis=1), 1, atol=1e-5)
    np.testing.assert_array_equal(shares.argmax(axis=1), labels + 1)


def test_votes_in_separated_groups_are_correct_and_certain(blobs):
    labels, confidence = vote_labels(
        blobs.labels.astype(np.int32), blobs.graph.held_indices, blobs.graph.held_distances
    )
    np.testing.assert_array_equal(labels, blobs.held_labels)
    assert (confidence <= 1).all()
    assert confidence.min() > 0.999


def test_the_weighted_mean_lies_nearer_the_nearer_neighbour():
    coordinates = np.array([[0, 0], [2, 0], [0, 2], [50, 50]], np.float32)
    means = weighted_mean(coordinates, np.array([[0, 1, 2], [3, 3, 3]]), np.ones((2, 3), np.float32))
    np.testing.assert_allclose(means, [[2 / 3, 2 / 3], [50, 50]], rtol=1e-6)
    nearer = weighted_mean(coordinates, np.array([[0, 1]]), np.array([[1, 3]], np.float32))
    assert 0 < nearer[0, 0] < 1


def test_the_adjacency_joins_points_in_both_directions(blobs):
    matrix = symmetric_adjacency(blobs.graph).toarray()
    directed = np.zeros_like(matrix)
    np.put_along_axis(directed, blobs.graph.indices, 1, axis=1)
    np.testing.assert_array_equal(matrix, np.maximum(directed, directed.T))
    assert not matrix.diagonal().any()


def test_the_adjacency_of_three_points():
    none = np.empty((0, 1), np.int32)
    graph = Graph(np.array([[1], [0], [1]], np.int32), EQUAL.reshape(3, 1), none, none.astype(np.float32))
    assert symmetric_adjacency(graph).toarray().tolist() == [[0, 1, 0], [1, 0, 1], [0, 1, 0]]


def test_components_are_joined_by_weak_edges(blobs):
    adjacency, connected = symmetric_adjacency(blobs.graph), connected_adjacency(blobs.graph)
    assert connected_components(adjacency)[0] == 3
    assert connected_components(connected)[0] == 1
    added = (connected - adjacency).tocoo()
    assert added.data[added.data != 0] == pytest.approx([1e-3] * 4)
