"""Neighbours: brute force as the reference, duplicates, and what neighbours say about new points."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.artifacts import Graph, Latents
from pipeline.errors import UserError
from pipeline.knn import BATCH, exact, search
from pipeline.neighborhood import barycentre, shares, symmetric, vote, weights


def latents_of(fitted, held=()):
    fitted = np.array(fitted, np.float32)
    return Latents(fitted, np.array(held, np.float32).reshape(-1, fitted.shape[1]), [fitted.shape[1]])


def distances_between(a, b):
    return np.linalg.norm(a[:, None].astype(float) - b[None].astype(float), axis=2)


def test_exact_is_brute_force(blobs):
    fitted, held = blobs.latents.fitted, blobs.latents.held_out
    own = distances_between(fitted, fitted)
    np.fill_diagonal(own, np.inf)
    for indices, distances, full in (
        (blobs.graph.indices, blobs.graph.distances, own),
        (blobs.graph.held_indices, blobs.graph.held_distances, distances_between(held, fitted)),
    ):
        order = np.argsort(full, axis=1)[:, :15]
        np.testing.assert_array_equal(indices, order)
        np.testing.assert_allclose(distances, np.take_along_axis(full, order, 1), rtol=1e-3)
    assert blobs.graph.k == 15


small_clouds = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=4, max_size=30)


@given(small_clouds, st.integers(1, 3))
def test_duplicates_never_make_a_point_its_own_neighbour(points, k):
    latents = latents_of(points)
    graph = exact(latents, k)
    full = distances_between(latents.fitted, latents.fitted)
    np.fill_diagonal(full, np.inf)
    assert (graph.indices != np.arange(len(points))[:, None]).all()
    assert all(len(set(row)) == k for row in graph.indices.tolist())
    np.testing.assert_allclose(graph.distances, np.sort(full, axis=1)[:, :k], atol=1e-5)
    np.testing.assert_allclose(graph.distances, np.take_along_axis(full, graph.indices, 1), atol=1e-5)


def test_ties_go_to_the_smaller_index():
    graph = exact(latents_of([[0.0], [0.0], [0.0], [0.0], [1.0]]), 2)
    assert graph.indices.tolist() == [[1, 2], [0, 2], [0, 1], [0, 1], [0, 1]]


def test_all_other_points_may_be_neighbours_but_no_more():
    latents = latents_of(np.eye(4))
    assert exact(latents, 3).k == 3
    with pytest.raises(UserError, match=r"^k = 4: with 4 images"):
        exact(latents, 4)


def test_without_held_out_points_the_held_part_is_empty():
    assert exact(latents_of(np.eye(5)), 2).held_indices.shape == (0, 2)


def test_a_search_in_several_batches_is_one_search(recorder):
    queries = np.random.default_rng(0).normal(size=(BATCH + 10, 2)).astype(np.float32)
    base = queries[:50]
    indices, _ = search(base, queries, 1, recorder)
    np.testing.assert_array_equal(indices[:50, 0], np.arange(50))
    np.testing.assert_array_equal(indices[BATCH:], search(base, queries[BATCH:], 1)[0])
    assert recorder.steps == [(BATCH, len(queries)), (len(queries), len(queries))]


@given(st.lists(st.floats(0, 1e6, width=32), min_size=1, max_size=20))
def test_weights_fall_with_distance_and_sum_to_one(distances):
    row = weights(np.sort(np.array([distances], np.float32)))[0]
    assert row.sum() == pytest.approx(1, abs=1e-5)
    assert (np.diff(row) <= 1e-7).all()
    assert (row >= 0).all()


LABELS = np.array([0, 0, 1, -1, -1], np.int32)
EVEN = np.ones((1, 3), np.float32)


@pytest.mark.parametrize(
    ("neighbours", "distances", "winner", "share"),
    [
        ([0, 1, 2], EVEN, 0, 2 / 3),
        ([2, 3, 4], EVEN, -1, 2 / 3),  # noise has a vote
        # Weights 1, e^−½ and e^−2 at distances 0, ½ and 1: the nearest one outvotes the other two.
        ([2, 0, 1], np.array([[0, 0.5, 1]], np.float32), 1, 1 / (1 + np.exp(-0.5) + np.exp(-2))),
    ],
)
def test_votes_worked_by_hand(neighbours, distances, winner, share):
    found, confidence = vote(LABELS, np.array([neighbours]), distances)
    assert found.tolist() == [winner]
    assert found.dtype == np.int32
    assert confidence[0] == pytest.approx(share, rel=1e-5)


def test_shares_have_a_column_for_noise_and_sum_to_one(blobs):
    labels = np.where(blobs.labels == 2, -1, blobs.labels).astype(np.int32)
    share = shares(labels, blobs.graph.indices, blobs.graph.distances)
    assert share.shape == (len(labels), 3)
    np.testing.assert_allclose(share.sum(axis=1), 1, atol=1e-5)
    np.testing.assert_array_equal(share.argmax(axis=1), labels + 1)


def test_votes_of_separated_groups_are_right_and_sure(blobs):
    found, confidence = vote(blobs.labels.astype(np.int32), blobs.graph.held_indices, blobs.graph.held_distances)
    np.testing.assert_array_equal(found, blobs.held_labels)
    assert (confidence <= 1).all()
    assert confidence.min() > 0.999


def test_the_barycentre_lies_between_the_neighbours():
    coordinates = np.array([[0, 0], [2, 0], [0, 2], [50, 50]], np.float32)
    placed = barycentre(coordinates, np.array([[0, 1, 2], [3, 3, 3]]), np.ones((2, 3), np.float32))
    np.testing.assert_allclose(placed, [[2 / 3, 2 / 3], [50, 50]], rtol=1e-6)
    nearer = barycentre(coordinates, np.array([[0, 1]]), np.array([[1, 3]], np.float32))
    assert 0 < nearer[0, 0] < 1  # pulled towards the nearer of (0, 0) and (2, 0)


def test_symmetric_joins_either_way(blobs):
    matrix = symmetric(blobs.graph).toarray()
    directed = np.zeros_like(matrix)
    np.put_along_axis(directed, blobs.graph.indices, 1, axis=1)
    np.testing.assert_array_equal(matrix, np.maximum(directed, directed.T))
    assert not matrix.diagonal().any()


def test_symmetric_by_hand():
    none = np.empty((0, 1), np.int32)
    graph = Graph(np.array([[1], [0], [1]], np.int32), EVEN.reshape(3, 1), none, none.astype(np.float32))
    assert symmetric(graph).toarray().tolist() == [[0, 1, 0], [1, 0, 1], [0, 1, 0]]
