"""Quality of a map: scikit-learn as the reference, samples, and the two extremes."""

import numpy as np
import pytest
from sklearn.manifold import trustworthiness as sklearn_trustworthiness

from pipeline.artifacts import Latents
from pipeline.embedding.neighbors import exact
from pipeline.embedding.quality import neighbors_kept, trustworthiness


@pytest.fixture(scope="module")
def points():
    return np.random.default_rng(0).normal(size=(300, 6)).astype(np.float32)


@pytest.mark.parametrize("k", [1, 5, 15, 40])
def test_trustworthiness_equals_scikit_learns(points, k):
    embedded = points[:, :2] ** 3
    expected = sklearn_trustworthiness(points, embedded, n_neighbors=k)
    assert trustworthiness(points, embedded, k) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("offset", [0, 100, 3000])
def test_quality_is_the_same_far_from_the_origin(offset):
    """The points are whole 64ths, which float32 holds at every offset."""
    latents, embedded = np.round(64 * np.random.default_rng(0).normal(size=(2, 300, 6))) / 64
    embedded = (embedded + latents)[:, :2]
    expected = sklearn_trustworthiness(latents, embedded, n_neighbors=10)
    far, far_map = (latents + offset).astype(np.float32), (embedded + offset).astype(np.float32)
    assert trustworthiness(far, far_map, 10) == pytest.approx(expected, abs=1e-4)
    assert neighbors_kept(exact(Latents(far, far[:0], [6]), 10).indices, far_map) == pytest.approx(
        neighbors_kept(exact(Latents(latents.astype(np.float32), far[:0], [6]), 10).indices, embedded), abs=1e-3
    )


def test_sampled_trustworthiness_is_close_to_the_full_one_and_seeded(points):
    embedded = points[:, :2]
    full = trustworthiness(points, embedded, 10)
    sampled = [trustworthiness(points, embedded, 10, sample=150, seed=seed) for seed in (0, 0, 1)]
    assert sampled[0] == sampled[1] != sampled[2]
    assert sampled == pytest.approx([full] * 3, abs=0.03)
    assert trustworthiness(points, embedded, 10, sample=300) == full


def test_the_latent_space_itself_scores_one(points, blobs):
    assert trustworthiness(points, points, 10) == 1
    assert neighbors_kept(blobs.graph.indices, blobs.latents.fitted) == 1


def test_a_shuffled_map_keeps_neighbours_by_chance_only(blobs):
    shuffled = np.random.default_rng(0).permutation(blobs.latents.fitted)
    n, k = blobs.graph.indices.shape
    full = neighbors_kept(blobs.graph.indices, shuffled)
    assert full == pytest.approx(k / (n - 1), abs=0.03)
    assert neighbors_kept(blobs.graph.indices, shuffled, sample=80, seed=1) == pytest.approx(full, abs=0.03)
    assert trustworthiness(blobs.latents.fitted, shuffled, 10) < 0.6


def test_two_points_have_a_perfect_map(points):
    assert trustworthiness(points[:2], points[:2, :2], 10) == 1
