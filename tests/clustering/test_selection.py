"""Selection between fits: the silhouette among the latents decides, and of ties the criterion."""

from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.cluster import AgglomerativeClustering
from sklearn.metrics import adjusted_rand_score, silhouette_score
from sklearn.mixture import BayesianGaussianMixture, GaussianMixture

from pipeline.artifacts import Features, Latents
from pipeline.clustering import selection
from pipeline.clustering.fit_clusters import fit_clusters
from pipeline.clustering.initialization import initial_groups
from pipeline.clustering.selection import fit_and_select, sampled_silhouette
from pipeline.config import Cluster
from pipeline.embedding.neighbors import exact
from pipeline.runtime.errors import UserError

KMEANS = {"_target_": "sklearn.cluster.KMeans", "n_clusters": 3, "n_init": 10, "random_state": 0}
MIXTURE = {"_target_": "sklearn.mixture.GaussianMixture", "n_components": 3, "n_init": 5, "random_state": 0}


def cluster_points(estimator, start, latents, points, **settings):
    graph_latents = Latents(latents, latents[:0], [latents.shape[1]])
    config = Cluster(name="some", k=3, estimator=estimator, start=start, **settings)
    return fit_clusters(config, Features(points, points[:0], "umap"), exact(graph_latents, 10), graph_latents)


@pytest.fixture(scope="module")
def misleading():
    """Return three groups, separated in the latents; on the manifold two are close and the third is in two pieces."""
    rng = np.random.default_rng(0)
    truth = np.repeat([0, 1, 2], 60)
    latents = 10 * np.eye(3)[truth] + rng.normal(size=(180, 3))
    positions = np.array([0.0, 1.0, 20.0])[truth] + np.where((truth == 2) & (np.arange(180) % 2 == 0), 9.0, 0.0)
    points = np.stack([positions, np.zeros(180)], axis=1) + 0.05 * rng.normal(size=(180, 2))
    return truth, latents.astype(np.float32), points.astype(np.float32)


@pytest.mark.parametrize("estimator", [KMEANS, MIXTURE])
@pytest.mark.parametrize("swaps", [0, 40])
def test_the_groups_of_the_latents_win_on_a_misleading_manifold(misleading, estimator, swaps):
    """The best criterion on the manifold, also after swaps, joins the two close groups and splits the third."""
    truth, latents, points = misleading
    own = cluster_points(estimator, "own", latents, points, swaps=swaps)
    started = cluster_points(estimator, "latents", latents, points, swaps=swaps)
    assert adjusted_rand_score(truth, own.fitted) < 0.8
    assert adjusted_rand_score(truth, started.fitted) == 1
    assert started.notes == []


def test_a_subset_starts_from_its_own_latents(misleading):
    truth, latents, points = misleading
    clustering = cluster_points(KMEANS, "latents", latents, points, fit_size=90)
    assert adjusted_rand_score(truth, clustering.fitted) == 1


def test_the_own_initialisation_wins_if_k_means_of_the_latents_fails():
    """k-means joins two small groups and splits a wide one, and no iteration on the manifold mends that."""
    rng = np.random.default_rng(0)
    truth = np.repeat([0, 1, 2], [40, 40, 200])
    spread = rng.normal(size=(280, 2)) * np.array([0.3, 0.3, 4])[truth][:, None]
    latents = (np.array([[0, 0], [6, 0], [40, 0]])[truth] + spread).astype(np.float32)
    half = latents[:, 0] > 40
    positions = np.stack([np.array([0, 40, 400])[truth], np.where(truth == 2, 3 * half, 0)], axis=1)
    points = (positions + rng.normal(size=(280, 2))).astype(np.float32)
    assert adjusted_rand_score(truth, initial_groups(3, latents, points, 0)) < 0.8
    clustering = cluster_points(MIXTURE, "latents", latents, points)
    assert adjusted_rand_score(truth, clustering.fitted) == 1
    assert "selected the fit from its own initialisation: silhouette among the latents 0." in clustering.notes[0]
    assert clustering.notes[0].endswith(" from k-means of the latents")


def test_of_equal_fits_the_one_from_the_latents_is_selected(blobs):
    points = blobs.latents.fitted
    config = Cluster(name="some", k=3, estimator={"_target_": "unused", "n_clusters": 3}, start="latents")
    estimator, labels, notes = fit_and_select(config, GaussianMixture(3, random_state=0), points, points)
    assert estimator.means_init is not None
    assert adjusted_rand_score(blobs.labels, labels) == 1
    assert notes == []


@pytest.mark.parametrize(
    ("silhouettes", "criteria", "selected"),
    [
        ((0.100, 0.096), (5, 6), 1),  # a tie, which the criterion decides
        ((0.100, 0.096), (5, 5), 0),
        ((0.100, 0.094), (5, 6), 0),  # no tie
        ((0.094, 0.100), (6, 5), 1),
        ((-0.100, -0.104), (-6, -5), 1),
        ((-0.100, -0.106), (-6, -5), 0),
    ],
)
def test_the_criterion_decides_between_fits_that_are_nearly_equal_among_the_latents(
    monkeypatch, silhouettes, criteria, selected
):
    monkeypatch.setattr(selection, "sampled_silhouette", lambda latents, labels, seed: silhouettes[labels])
    fits = {name: (SimpleNamespace(lower_bound_=criteria[fit]), fit) for fit, name in enumerate(("one", "two"))}
    _, labels, notes = selection._select(fits, None, 0)
    assert labels == selected
    assert len(notes) == (selected == 1)


def test_there_is_no_note_on_silhouettes_that_are_equal_as_printed(monkeypatch):
    monkeypatch.setattr(selection, "sampled_silhouette", lambda latents, labels, seed: (0.07071, 0.07074)[labels])
    fits = {name: (SimpleNamespace(lower_bound_=fit), fit) for fit, name in enumerate(("one", "two"))}
    _, labels, notes = selection._select(fits, None, 0)
    assert labels == 1
    assert notes == []


def test_the_silhouette_is_measured_on_a_seeded_sample(blobs, monkeypatch):
    points = blobs.latents.fitted
    full = silhouette_score(points, blobs.labels)
    assert sampled_silhouette(points, blobs.labels, 0) == pytest.approx(full)
    monkeypatch.setattr(selection, "SILHOUETTE_SAMPLE", 60)
    assert sampled_silhouette(points, blobs.labels, 0) == pytest.approx(full, abs=0.05)
    assert sampled_silhouette(points, blobs.labels, 0) != sampled_silhouette(points, blobs.labels, 1)


def test_an_undefined_silhouette_is_the_worst(blobs):
    points = blobs.latents.fitted
    assert sampled_silhouette(points, np.zeros_like(blobs.labels), 0) == -1
    assert sampled_silhouette(points, np.arange(len(points)), 0) == -1


@pytest.mark.parametrize("estimator", [AgglomerativeClustering(3), BayesianGaussianMixture(n_components=3)])
@pytest.mark.parametrize(
    ("settings", "key", "remedy"),
    [
        ({"start": "latents"}, r"cluster\.start = latents", r"cluster\.start=own"),
        ({"swaps": 5}, r"cluster\.swaps = 5", r"cluster\.swaps=0"),
    ],
)
def test_an_estimator_without_custom_initialisation_is_refused(blobs, estimator, settings, key, remedy):
    config = Cluster(name="some", k=3, estimator={"_target_": "unused", "n_clusters": 3}, **settings)
    message = rf"^{key}: {type(estimator).__name__} does not support custom initialisation; set {remedy}$"
    with pytest.raises(UserError, match=message):
        fit_and_select(config, estimator, blobs.latents.fitted, blobs.latents.fitted)
