"""The layout draws what is joined together, and the same for any number of threads."""

import numpy as np
import pytest
from scipy.sparse import coo_matrix, csr_matrix

from pipeline.layout import available, layout
from pipeline.metrics import neighbors_kept

A, B = 1.58, 0.9


@pytest.fixture(scope="module")
def joined(blobs):
    """The graph of three groups with equal weights, and a start that knows nothing of them."""
    n, k = blobs.graph.indices.shape
    ends = np.repeat(np.arange(n), k), blobs.graph.indices.ravel()
    one_way = csr_matrix((np.ones(n * k), ends), shape=(n, n))
    return one_way.maximum(one_way.T), np.random.default_rng(0).uniform(0, 10, (n, 2)).astype(np.float32)


@pytest.fixture(scope="module")
def drawn(joined):
    return layout(*joined, A, B, 100)


def test_threads_do_not_change_a_bit(joined, drawn):
    for threads in (1, 2, 3):
        np.testing.assert_array_equal(layout(*joined, A, B, 100, threads=threads), drawn)


def test_the_seed_does(joined, drawn):
    assert not np.array_equal(layout(*joined, A, B, 100, seed=1), drawn)


def test_a_pull_moves_both_ends_alike(joined):
    """Without pushes the mean stays where it is: clusters do not wander by the pulls of their own points."""
    still = layout(*joined, A, B, 50, negative_sample_rate=0)
    np.testing.assert_allclose(still.mean(0), joined[1].mean(0), atol=1e-3)


def test_the_start_is_left_as_it_was(joined):
    kept = joined[1].copy()
    layout(*joined, A, B, 2)
    np.testing.assert_array_equal(joined[1], kept)


def test_neighbours_come_together(blobs, joined, drawn):
    assert neighbors_kept(blobs.graph.indices, drawn) > 5 * neighbors_kept(blobs.graph.indices, joined[1])


@pytest.mark.parametrize("p", [1, 2, 10])
def test_it_is_as_good_as_umap_learns(blobs, joined, p):
    from umap.layouts import optimize_layout_euclidean
    from umap.umap_ import make_epochs_per_sample

    graph = coo_matrix(joined[0])
    start = np.random.default_rng(1).uniform(0, 10, (graph.shape[0], p)).astype(np.float32)
    state = np.random.default_rng(2).integers(-(2**31), 2**31, 3)
    often = make_epochs_per_sample(graph.data, 200)
    peers = start.copy()  # heads and tails are the same points, as in umap-learn's own call
    optimize_layout_euclidean(
        peers, peers, graph.row, graph.col, 200, len(start), often, A, B, state, move_other=True
    )  # fmt: skip
    ours = layout(graph, start, A, B, 200)
    kept = [neighbors_kept(blobs.graph.indices, points) for points in (ours, peers)]
    assert kept[0] > kept[1] - 0.03
    apart = [np.linalg.norm(points[:, None] - points[blobs.graph.indices], axis=2).mean() for points in (ours, peers)]
    assert apart[0] == pytest.approx(apart[1], rel=0.3)


def pair(weights, n_epochs, pushes=0, **options):
    """The distance in the end of two points that start at 3 from each other, joined by the first of the weights."""
    ends = [0, 1, 2, 3], [1, 0, 3, 2]
    graph = csr_matrix((np.repeat(weights, 2), ends), shape=(4, 4))
    start = np.array([[0, 0], [3, 0], [0, 50], [3, 50]], np.float32)
    points = layout(graph, start, A, B, n_epochs, negative_sample_rate=pushes, **options)
    return float(np.linalg.norm(points[0] - points[1]))


def test_weights_say_how_often_edges_pull():
    far = [pair([weight, 1.0], 20, learning_rate=0.02) for weight in (0.01, 0.2, 0.5, 1.0)]
    assert far[0] == 3  # never: its share of 20 epochs is less than one
    assert far == sorted(far, reverse=True)
    assert len(set(far)) == 4


def test_a_pull_is_the_gradient():
    """The only epoch at rate r: each end moves by r times 2ab d^(2b-1) / (1 + a d^2b), once for each end's edge."""
    distance = 3.0
    for _ in range(2):
        distance -= 2 * 0.1 * 2 * A * B * distance ** (2 * B - 1) / (1 + A * distance ** (2 * B))
    assert pair([1.0, 1.0], 1, learning_rate=0.1) == pytest.approx(distance, rel=1e-5)


def test_pushes_push():
    quiet = pair([1.0, 1.0], 50, learning_rate=0.1)
    assert pair([1.0, 1.0], 50, pushes=5, learning_rate=0.1) > quiet
    assert pair([1.0, 1.0], 50, pushes=5, learning_rate=0.1, repulsion_strength=0.0) == pytest.approx(quiet, abs=1e-4)


def test_it_takes_as_many_threads_as_openmp():
    import faiss

    before = faiss.omp_get_max_threads()
    try:
        faiss.omp_set_num_threads(3)
        assert available() == 3
    finally:
        faiss.omp_set_num_threads(before)
