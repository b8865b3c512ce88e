"""Islands move to the cluster that surrounds them among the latents; everything else stays where it is."""

import warnings
from dataclasses import replace

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture
from threadpoolctl import threadpool_limits

from pipeline.artifacts import Features, Latents
from pipeline.clustering.islands import LARGEST_SHARE, move_islands
from pipeline.config import Cluster
from pipeline.embedding.neighbors import exact
from pipeline.stages.cluster import cluster


@pytest.fixture(autouse=True)
def one_thread():
    """Compute on one thread, as the stage does."""
    with threadpool_limits(1):
        yield


def scene(on_manifold=(0, 6), among_latents=(9, 0), size=30, seed=0):
    """Return labels, points (n, 2) and latents (n, 3) of two clusters, and of an island that is labelled as the first.

    The clusters lie at (0, 0) and (20, 0) on the manifold, and at 0 and 10 among the latents.
    """
    rng = np.random.default_rng(seed)
    labels = np.repeat([0, 1, 0], [400, 400, size]).astype(np.int32)
    centres = np.repeat([[0, 0], [20, 0], on_manifold], [400, 400, size], axis=0)
    points = centres + rng.normal(scale=0.2, size=(len(labels), 2))
    middle = np.repeat([[0, 0, 0], [10, 0, 0], [*among_latents, 3]], [400, 400, size], axis=0)
    latents = middle + rng.normal(size=(len(labels), 3))
    return labels, points.astype(np.float32), latents.astype(np.float32)


def test_an_island_moves_to_the_cluster_that_is_nearest_among_the_latents():
    labels, points, latents = scene()
    moved, notes = move_islands(labels, points, latents, seed=0)
    assert (moved[800:] == 1).all()
    assert np.array_equal(moved[:800], labels[:800])
    assert notes == ["moved an island of 30 images to the cluster that is nearest among the latents"]


def test_the_note_lists_the_sizes_of_all_islands():
    labels, points, latents = scene()
    second = points[800:820] + np.float32([0, -12])
    labels, points = np.append(labels, np.zeros(20, np.int32)), np.concatenate([points, second])
    moved, notes = move_islands(labels, points, np.concatenate([latents, latents[800:820]]), seed=0)
    assert (moved[800:] == 1).all()
    assert notes == ["moved 2 islands of 30 and 20 images to the cluster that is nearest among the latents"]


@pytest.mark.parametrize(
    ("case", "change"),
    [
        ("it is nearest to its own cluster", {"among_latents": (1, 0)}),
        ("it lies beside its cluster on the manifold", {"on_manifold": (0.5, 0)}),
        ("it is no small part of its cluster", {"size": round(400 * LARGEST_SHARE * 2)}),
    ],
)
def test_a_group_stays_if(case, change):
    labels, points, latents = scene(**change)
    moved, notes = move_islands(labels, points, latents, seed=0)
    assert moved is labels, case
    assert notes == []


def test_a_group_stays_where_neighbours_and_centroids_disagree():
    labels, points, latents = scene(among_latents=(4.5, 0))
    latents[400:440] = latents[800] + np.random.default_rng(1).normal(scale=0.1, size=(40, 3))  # near, of the second
    moved, _ = move_islands(labels, points, latents, seed=0)
    assert (moved[800:] == 0).all()


def test_a_cluster_of_many_islands_keeps_them_all():
    """Twelve groups of one cluster, each apart from all others, near another cluster among the latents."""
    rng = np.random.default_rng(0)
    corners = np.repeat(np.stack(np.divmod(np.arange(12), 4), axis=1) * 8, 40, axis=0)
    points = np.concatenate([corners, np.full((400, 2), 60)]) + rng.normal(scale=0.1, size=(880, 2))
    latents = rng.normal(size=(880, 3)).astype(np.float32)
    labels = np.repeat([0, 1], [480, 400]).astype(np.int32)
    assert move_islands(labels, points.astype(np.float32), latents, seed=0)[0] is labels


@pytest.mark.parametrize(("own", "other", "cluster"), [(8, 12, 0), (4, 16, 1)])
def test_a_group_moves_only_if_the_vote_is_clear(own, other, cluster):
    """Another cluster needs 1.75 times as many of the images around a group as its own has."""
    labels, points, latents = scene(among_latents=(6, 0))
    around = latents[800:].mean(axis=0) + np.random.default_rng(1).normal(scale=0.1, size=(20, 3))
    latents[:own], latents[400 : 400 + other] = around[:own], around[own:]
    moved, _ = move_islands(labels, points, latents, seed=0)
    assert (moved[800:] == cluster).all()


@pytest.mark.parametrize("seed", range(3))
def test_separated_clusters_have_no_islands(seed):
    labels, points, latents = scene(size=0, seed=seed)
    assert move_islands(labels, points, latents, seed)[0] is labels


def test_noise_stays_noise_and_neither_attracts_nor_is_an_island():
    labels, points, latents = scene()
    noise = np.full(200, -1, np.int32)
    at_island = np.repeat(latents[800:].mean(axis=0)[None], 200, axis=0)
    labels = np.concatenate([labels, noise])
    moved, _ = move_islands(
        labels, np.concatenate([points, points[:200] + 50]), np.concatenate([latents, at_island]), 0
    )
    assert (moved[830:] == -1).all()
    assert (moved[800:830] == 1).all()


@pytest.mark.parametrize("n", [1, 2, 12])
def test_few_images_have_no_islands(n):
    labels, points, latents = (array[:n] for array in scene())
    assert move_islands(labels, points, latents, seed=0)[0] is labels


def test_copies_of_one_image_are_no_island():
    labels, points, latents = (np.zeros(100, np.int32), np.zeros((100, 2), np.float32), np.zeros((100, 3), np.float32))
    assert move_islands(labels, points, latents, seed=0)[0] is labels


def test_a_mixture_that_does_not_converge_warns_of_nothing(monkeypatch):
    def warn(self, points):
        warnings.warn("did not converge", ConvergenceWarning, stacklevel=2)
        return self

    labels, points, latents = scene()
    monkeypatch.setattr(GaussianMixture, "fit", warn)
    monkeypatch.setattr(GaussianMixture, "predict", lambda self, points: np.zeros(len(points), int))
    assert move_islands(labels, points, latents, seed=0)[0] is labels


def test_a_cluster_without_a_covariance_has_no_islands(monkeypatch):
    def fail(self, points):
        raise ValueError("ill-defined empirical covariance")

    labels, points, latents = scene()
    monkeypatch.setattr(GaussianMixture, "fit", fail)
    assert move_islands(labels, points, latents, seed=0)[0] is labels


def config(**changes):
    estimator = {"_target_": "sklearn.mixture.GaussianMixture", "n_components": 2, "random_state": 0}
    return Cluster(name="gmm", k=2, estimator=estimator, **{"islands": True} | changes)


def fit(settings, method="umap"):
    """Return the clustering of the scene, and the labels that it is expected to have; the last five are held out."""
    labels, points, latents = scene()
    latents = points if method == "latents" else latents
    coded = Latents(latents[:-5], latents[-5:], [latents.shape[1]])
    clustering = cluster(settings, Features(points[:-5], points[-5:], method), exact(coded, 10), coded)
    return clustering, labels


def islands_cluster(clustering):
    return set(clustering.fitted[800:].tolist())


def test_the_stage_moves_islands_and_says_so():
    clustering, _ = fit(config())
    assert islands_cluster(clustering) == {clustering.fitted[500]}
    assert any("moved an island of 25 images" in note for note in clustering.notes)


def test_held_out_images_of_an_island_follow_it():
    clustering, _ = fit(config())
    assert set(clustering.held_out.tolist()) == islands_cluster(clustering)


def test_images_outside_a_fitted_sample_follow_the_island():
    clustering, _ = fit(config(fit_size=800))
    assert islands_cluster(clustering) == {clustering.fitted[500]}


@pytest.mark.parametrize(
    ("settings", "method"), [(config(islands=False), "umap"), (config(), "latents")], ids=["off", "not embedded"]
)
def test_islands_stay_where_new_images_would_not_follow(settings, method):
    clustering, _ = fit(settings, method)
    assert islands_cluster(clustering) == {clustering.fitted[0]}
    assert not any("island" in note for note in clustering.notes)


def test_centres_are_those_of_the_moved_clusters():
    clustering, _ = fit(config())
    latents = scene()[2][:-5]
    for number, centre in enumerate(clustering.centres):
        np.testing.assert_allclose(centre, latents[clustering.fitted == number].mean(axis=0), atol=1e-4)
    assert replace(clustering).k == 2
