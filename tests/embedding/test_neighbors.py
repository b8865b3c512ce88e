"""Neighbour search: brute force as the reference, duplicates, approximate search and landmarks."""

from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.artifacts import Graph, Latents
from pipeline.embedding.neighbors import BATCH, RECALL_SAMPLE, approximate, exact, search_neighbors
from pipeline.runtime.errors import UserError


def latents_of(fitted, held=()):
    fitted = np.array(fitted, np.float32)
    return Latents(fitted, np.array(held, np.float32).reshape(-1, fitted.shape[1]), [fitted.shape[1]])


def distances_between(a, b):
    return np.linalg.norm(a[:, None].astype(float) - b[None].astype(float), axis=2)


def test_the_exact_search_equals_brute_force(blobs):
    fitted, held = blobs.latents.fitted, blobs.latents.held_out
    between_fitted = distances_between(fitted, fitted)
    np.fill_diagonal(between_fitted, np.inf)
    for indices, distances, full in (
        (blobs.graph.indices, blobs.graph.distances, between_fitted),
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


def test_ties_are_broken_by_the_smaller_index():
    graph = exact(latents_of([[0.0], [0.0], [0.0], [0.0], [1.0]]), 2)
    assert graph.indices.tolist() == [[1, 2], [0, 2], [0, 1], [0, 1], [0, 1]]


@pytest.mark.parametrize(
    "search", [exact, partial(approximate, exact_up_to=10, probes=1000)], ids=["exact", "approximate"]
)
@pytest.mark.parametrize("offset", [0, 100, 3000])
def test_neighbours_are_the_same_far_from_the_origin(search, offset):
    """The points are whole 64ths, which float32 holds at every offset."""
    points = np.round(64 * np.random.default_rng(0).normal(size=(400, 6))) / 64 + offset
    graph = search(latents_of(points[:300], points[300:]), 5)
    full = distances_between(points[:300], points[:300])
    np.fill_diagonal(full, np.inf)
    np.testing.assert_allclose(graph.distances, np.sort(full, axis=1)[:, :5], rtol=1e-3)
    np.testing.assert_allclose(
        graph.held_distances, np.sort(distances_between(points[300:], points[:300]), axis=1)[:, :5], rtol=1e-3
    )


@pytest.mark.parametrize("search", [exact, approximate])
@pytest.mark.parametrize("n", [2, 4, 20])
def test_few_points_are_all_neighbours_of_each_other(search, n, recorder):
    fitted = np.arange(n, dtype=np.float32)[:, None] ** 2
    graph = search(Latents(fitted, fitted[:1] - 1, [1]), 20, observer=recorder)
    assert graph.indices.shape == (n, n - 1)
    assert graph.held_indices.tolist() == [list(range(n - 1))]
    assert np.sort(graph.indices, axis=1).tolist() == [[i for i in range(n) if i != row] for row in range(n)]
    assert recorder.notes == [f"neighbors.k = 20 is lowered to {n - 1}: there are {n} images"]


def test_without_held_out_points_there_are_no_held_out_neighbours():
    assert exact(latents_of(np.eye(5)), 2).held_indices.shape == (0, 2)


def test_a_search_in_batches_returns_the_same_neighbours(recorder):
    queries = np.random.default_rng(0).normal(size=(BATCH + 10, 2)).astype(np.float32)
    base = queries[:50]
    indices, _ = search_neighbors(base, queries, 1, recorder)
    np.testing.assert_array_equal(indices[:50, 0], np.arange(50))
    np.testing.assert_array_equal(indices[BATCH:], search_neighbors(base, queries[BATCH:], 1)[0])
    assert recorder.steps == [(BATCH, len(queries)), (len(queries), len(queries))]


@pytest.fixture(scope="module")
def latents():
    """Return 3,000 points in eight dimensions in three groups, and 30 held-out ones."""
    rng = np.random.default_rng(0)
    groups = rng.permutation(np.repeat([0, 1, 2], [1500, 1000, 500]))
    fitted = 12 * np.eye(3, 8)[groups] + rng.normal(size=(3000, 8))
    return latents_of(fitted, 12 * np.eye(3, 8)[np.arange(30) % 3] + rng.normal(size=(30, 8)))


@pytest.fixture(scope="module")
def exact_graph(latents):
    return exact(latents, 10)


@pytest.fixture(scope="module")
def landmark_graph(latents):
    return approximate(latents, 10, landmarks=300)


def assert_equal_graphs(first: Graph, second: Graph) -> None:
    for name in ("indices", "distances", "held_indices", "held_distances"):
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name))


def test_the_search_is_exact_for_few_points(latents, exact_graph, recorder):
    assert_equal_graphs(approximate(latents, 10, observer=recorder), exact_graph)
    assert recorder.notes == []


def test_the_approximate_search_reports_its_recall(latents, exact_graph, recorder):
    graph = approximate(latents, 10, exact_up_to=100, probes=6, observer=recorder)
    rows = zip(graph.indices, exact_graph.indices, strict=True)
    shared = np.mean([np.isin(row, exact_row).mean() for row, exact_row in rows])
    assert 0.7 < graph.recall < 1
    assert graph.recall == pytest.approx(shared, abs=0.02)
    assert graph.metrics()["neighbors/recall"] == graph.recall
    assert recorder.notes == [
        f"approximate neighbours: recall {graph.recall:.1%}, measured on {RECALL_SAMPLE:,} images"
    ]
    assert (graph.indices != np.arange(3000)[:, None]).all()


def test_points_whose_cells_hold_too_few_get_their_true_neighbours(recorder):
    rng = np.random.default_rng(0)
    crowd, far = rng.normal(size=(400, 4)), 300 + rng.normal(size=(6, 4))
    points = latents_of(np.concatenate([crowd, far]), 300 + rng.normal(size=(3, 4)))
    graph = approximate(points, 20, exact_up_to=10, probes=1, observer=recorder)
    full = distances_between(points.fitted, points.fitted)
    np.fill_diagonal(full, np.inf)
    assert graph.indices.min() >= 0
    assert graph.held_indices.min() >= 0
    np.testing.assert_allclose(graph.distances[400:], np.sort(full[400:], axis=1)[:, :20], rtol=1e-3)
    np.testing.assert_allclose(graph.distances, np.take_along_axis(full, graph.indices, 1), rtol=1e-3)
    assert recorder.notes[0].endswith(
        " images were searched exactly, because the neighbors.probes cells nearest them hold fewer than "
        "neighbors.k = 20 other images"
    )


def test_more_neighbours_than_points_are_an_error():
    points = np.eye(3, dtype=np.float32)
    assert search_neighbors(points, points, 3)[0].min() == 0
    with pytest.raises(UserError, match=r"^k = 4: there are only 3 points to search; choose k <= 3$"):
        search_neighbors(points, points, 4)


def test_more_probes_raise_the_recall(latents):
    few, many = (approximate(latents, 10, exact_up_to=100, probes=probes).recall for probes in (1, 6))
    assert few < many


def test_the_approximate_graph_depends_on_the_seed_alone(latents, landmark_graph):
    first, second = (approximate(latents, 10, exact_up_to=100, landmarks=200, seed=3) for _ in range(2))
    assert_equal_graphs(first, second)
    np.testing.assert_array_equal(first.landmarks, second.landmarks)
    assert not np.array_equal(landmark_graph.landmarks, approximate(latents, 10, landmarks=300, seed=4).landmarks)


def test_every_point_has_its_nearest_landmarks_without_itself(latents, landmark_graph):
    rows = landmark_graph.landmarks
    assert len(np.unique(rows)) == 300
    full = distances_between(latents.fitted, latents.fitted[rows])
    full[rows, np.arange(300)] = np.inf
    np.testing.assert_allclose(landmark_graph.landmark_distances, np.sort(full, axis=1)[:, :10], atol=1e-3)
    nearest = np.take_along_axis(full, landmark_graph.landmark_indices.astype(int), axis=1)
    np.testing.assert_allclose(nearest, landmark_graph.landmark_distances, atol=1e-3)


def test_there_are_no_landmarks_if_all_points_would_be(latents, recorder):
    assert approximate(latents, 10, landmarks=3000, observer=recorder).landmarks is None
    assert recorder.notes == []


def test_a_saved_graph_is_restored_with_its_landmarks(landmark_graph, tmp_path):
    landmark_graph.save(tmp_path)
    restored = Graph.load(tmp_path)
    assert_equal_graphs(restored, landmark_graph)
    assert_equal_graphs(restored.landmark_graph(), landmark_graph.landmark_graph())


def cosine_distances_between(a, b):
    lengths = np.linalg.norm(a, axis=1)[:, None] * np.linalg.norm(b, axis=1)[None]
    return 1 - a.astype(float) @ b.astype(float).T / lengths


@pytest.mark.parametrize(
    "search", [exact, partial(approximate, exact_up_to=10, probes=1000, landmarks=100)], ids=["exact", "approximate"]
)
def test_cosine_distances_ignore_the_lengths_of_the_vectors(search):
    rng = np.random.default_rng(0)
    fitted, held = rng.normal(size=(300, 5)), rng.normal(size=(40, 5))
    graph = search(latents_of(fitted * rng.uniform(0.1, 9, (300, 1)), held), 8, metric="cosine")
    full = cosine_distances_between(fitted, fitted)
    np.fill_diagonal(full, np.inf)
    order = np.argsort(full, axis=1)[:, :8]
    np.testing.assert_array_equal(graph.indices, order)
    np.testing.assert_allclose(graph.distances, np.take_along_axis(full, order, 1), atol=1e-5)
    assert graph.metric == "cosine"
    np.testing.assert_allclose(graph.held_distances, np.sort(cosine_distances_between(held, fitted))[:, :8], atol=1e-5)
    indices, distances = search_neighbors(fitted, held * 7, 8, metric="cosine")
    np.testing.assert_array_equal(indices, graph.held_indices)
    np.testing.assert_allclose(distances, graph.held_distances, atol=1e-5)


def test_vectors_of_zeros_are_reported(recorder):
    graph = exact(latents_of([[0, 0], [1, 0], [2, 0], [0, 1]]), 2, metric="cosine", observer=recorder)
    assert recorder.notes == ["neighbors.metric = cosine: 1 latents are zero; their distance to others is 0.5"]
    assert graph.distances[0].tolist() == [0.5, 0.5]
    assert graph.indices[1, 0] == 2
    assert graph.distances[1, 0] == 0
