"""The layout places joined points together, and gives the same bits for any number of threads."""

import numpy as np
import pytest
from scipy.sparse import coo_matrix, csr_matrix

from pipeline.embedding.parallel_umap import available_threads, optimize_layout
from pipeline.embedding.quality import neighbors_kept

A, B = 1.58, 0.9


@pytest.fixture(scope="module")
def joined(blobs):
    """Return the graph of three groups with equal weights, and a random start."""
    n, k = blobs.graph.indices.shape
    ends = np.repeat(np.arange(n), k), blobs.graph.indices.ravel()
    one_way = csr_matrix((np.ones(n * k), ends), shape=(n, n))
    return one_way.maximum(one_way.T), np.random.default_rng(0).uniform(0, 10, (n, 2)).astype(np.float32)


@pytest.fixture(scope="module")
def layout(joined):
    return optimize_layout(*joined, A, B, 100)


def test_the_bits_do_not_depend_on_the_number_of_threads(joined, layout):
    for threads in (1, 2, 3):
        np.testing.assert_array_equal(optimize_layout(*joined, A, B, 100, threads=threads), layout)


def test_another_seed_gives_another_layout(joined, layout):
    assert not np.array_equal(optimize_layout(*joined, A, B, 100, seed=1), layout)


def test_a_pull_moves_both_ends_by_the_same_distance(joined):
    """Without pushes the mean of all points stays where it is, so clusters do not drift."""
    still = optimize_layout(*joined, A, B, 50, negative_sample_rate=0)
    np.testing.assert_allclose(still.mean(0), joined[1].mean(0), atol=1e-3)


def test_the_start_is_not_changed(joined):
    start = joined[1].copy()
    optimize_layout(*joined, A, B, 2)
    np.testing.assert_array_equal(joined[1], start)


def test_neighbours_move_together(blobs, joined, layout):
    assert neighbors_kept(blobs.graph.indices, layout) > 5 * neighbors_kept(blobs.graph.indices, joined[1])


@pytest.mark.slow
@pytest.mark.parametrize("p", [2, 10])
def test_the_layout_is_as_good_as_umap_learns(blobs, joined, p):
    from umap.layouts import optimize_layout_euclidean
    from umap.umap_ import make_epochs_per_sample

    graph = coo_matrix(joined[0])
    start = np.random.default_rng(1).uniform(0, 10, (graph.shape[0], p)).astype(np.float32)
    state = np.random.default_rng(2).integers(-(2**31), 2**31, 3)
    epochs_per_sample = make_epochs_per_sample(graph.data, 200)
    peers = start.copy()  # heads and tails are the same points, as in umap-learn's own call
    optimize_layout_euclidean(
        peers, peers, graph.row, graph.col, 200, len(start), epochs_per_sample, A, B, state, move_other=True
    )  # fmt: skip
    ours = optimize_layout(graph, start, A, B, 200)
    shares = [neighbors_kept(blobs.graph.indices, points) for points in (ours, peers)]
    assert shares[0] > shares[1] - 0.03
    distances = [
        np.linalg.norm(points[:, None] - points[blobs.graph.indices], axis=2).mean() for points in (ours, peers)
    ]
    assert distances[0] == pytest.approx(distances[1], rel=0.3)


def final_distance(weights, n_epochs, pushes=0, **options):
    """Return the final distance of two points that start at a distance of 3 and are joined by the first weight."""
    ends = [0, 1, 2, 3], [1, 0, 3, 2]
    graph = csr_matrix((np.repeat(weights, 2), ends), shape=(4, 4))
    start = np.array([[0, 0], [3, 0], [0, 50], [3, 50]], np.float32)
    points = optimize_layout(graph, start, A, B, n_epochs, negative_sample_rate=pushes, **options)
    return float(np.linalg.norm(points[0] - points[1]))


def test_heavier_edges_pull_more_often():
    far = [final_distance([weight, 1.0], 20, learning_rate=0.02) for weight in (0.01, 0.2, 0.5, 1.0)]
    assert far[0] == 3  # never: its share of 20 epochs is less than one
    assert far == sorted(far, reverse=True)
    assert len(set(far)) == 4


def test_a_pull_follows_the_gradient():
    """In one epoch at rate r each end moves by r times 2ab d^(2b-1) / (1 + a d^2b), once for each of the two edges."""
    distance = 3.0
    for _ in range(2):
        distance -= 2 * 0.1 * 2 * A * B * distance ** (2 * B - 1) / (1 + A * distance ** (2 * B))
    assert final_distance([1.0, 1.0], 1, learning_rate=0.1) == pytest.approx(distance, rel=1e-5)


def test_pushes_move_points_apart():
    without_pushes = final_distance([1.0, 1.0], 50, learning_rate=0.1)
    assert final_distance([1.0, 1.0], 50, pushes=5, learning_rate=0.1) > without_pushes
    assert final_distance([1.0, 1.0], 50, pushes=5, learning_rate=0.1, repulsion_strength=0.0) == pytest.approx(
        without_pushes, abs=1e-4
    )


def test_the_number_of_threads_is_openmps():
    import faiss

    before = faiss.omp_get_max_threads()
    try:
        faiss.omp_set_num_threads(3)
        assert available_threads() == 3
    finally:
        faiss.omp_set_num_threads(before)
