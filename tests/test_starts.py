"""A clusterer that starts from the latents' groups keeps what lies apart there."""

import numpy as np
import pytest
from sklearn.cluster import AgglomerativeClustering, KMeans
from sklearn.metrics import adjusted_rand_score, silhouette_score
from sklearn.mixture import BayesianGaussianMixture, GaussianMixture

from pipeline.artifacts import Features, Latents
from pipeline.config import Cluster
from pipeline.errors import UserError
from pipeline.fitting import choice
from pipeline.fitting.choice import fit, separation
from pipeline.fitting.starts import begin, means, partition, precisions
from pipeline.knn import exact
from pipeline.stages.cluster import cluster

KINDS = ("full", "tied", "diag", "spherical")


@pytest.fixture(scope="module")
def misleading():
    """Three groups, apart among the latents; on the manifold two lie side by side and the third is in two pieces."""
    rng = np.random.default_rng(0)
    truth = np.repeat([0, 1, 2], 60)
    latents = 10 * np.eye(3)[truth] + rng.normal(size=(180, 3))
    places = np.array([0.0, 1.0, 20.0])[truth] + np.where((truth == 2) & (np.arange(180) % 2 == 0), 9.0, 0.0)
    points = np.stack([places, np.zeros(180)], axis=1) + 0.05 * rng.normal(size=(180, 2))
    return truth, latents.astype(np.float32), points.astype(np.float32)


def found(estimator, start, misleading, **facts):
    _, latents, points = misleading
    known = Latents(latents, latents[:0], [3])
    config = Cluster(name="some", k=3, estimator=estimator, start=start, **facts)
    return cluster(config, Features(points, points[:0], "umap"), exact(known, 10), known)


@pytest.mark.parametrize(
    "estimator",
    [
        {"_target_": "sklearn.cluster.KMeans", "n_clusters": 3, "n_init": 10, "random_state": 0},
        {"_target_": "sklearn.mixture.GaussianMixture", "n_components": 3, "n_init": 5, "random_state": 0},
    ],
)
@pytest.mark.parametrize("swaps", [0, 40])
def test_groups_that_the_manifold_misleads_about_are_kept(misleading, estimator, swaps):
    """The best criterion, of own starts or after swaps, joins the two neighbours and halves the third."""
    truth = misleading[0]
    own, started = (found(estimator, start, misleading, swaps=swaps) for start in ("own", "latents"))
    assert adjusted_rand_score(truth, own.fitted) < 0.8
    assert adjusted_rand_score(truth, started.fitted) == 1


def test_a_subset_starts_from_its_own_latents(misleading):
    estimator = {"_target_": "sklearn.cluster.KMeans", "n_clusters": 3, "random_state": 0}
    assert adjusted_rand_score(misleading[0], found(estimator, "latents", misleading, fit_size=90).fitted) == 1


def test_the_start_is_moved_to_where_the_points_gather(misleading):
    """Ten points whose latents are those of another group, but which lie with their own on the manifold."""
    truth, latents, points = misleading
    moved = latents.copy()
    moved[:10] = latents[60:70]
    assert (KMeans(3, n_init=10, random_state=0).fit_predict(moved)[:10] != partition(3, latents, points, 0)[0]).any()
    assert adjusted_rand_score(truth, partition(3, moved, points, 0)) == 1


def test_where_k_means_of_the_latents_goes_astray_own_starts_are_believed():
    """It joins two small groups and halves a wide one, and on the manifold nothing comes away from that."""
    rng = np.random.default_rng(0)
    truth = np.repeat([0, 1, 2], [40, 40, 200])
    spread = rng.normal(size=(280, 2)) * np.array([0.3, 0.3, 4])[truth][:, None]
    latents = (np.array([[0, 0], [6, 0], [40, 0]])[truth] + spread).astype(np.float32)
    half = latents[:, 0] > 40
    places = np.stack([np.array([0, 40, 400])[truth], np.where(truth == 2, 3 * half, 0)], axis=1)
    points = (places + rng.normal(size=(280, 2))).astype(np.float32)
    assert adjusted_rand_score(truth, partition(3, latents, points, 0)) < 0.8
    known = Latents(latents, latents[:0], [2])
    estimator = {"_target_": "sklearn.mixture.GaussianMixture", "n_components": 3, "n_init": 5, "random_state": 0}
    config = Cluster(name="some", k=3, estimator=estimator, start="latents")
    found = cluster(config, Features(points, points[:0], "umap"), exact(known, 10), known)
    assert adjusted_rand_score(truth, found.fitted) == 1
    assert "clusters from own starts lie apart among the latents better" in found.notes[0]


def test_where_both_starts_find_the_same_the_latents_is_kept(blobs):
    points = blobs.latents.fitted
    config = Cluster(name="some", k=3, estimator={"_target_": "unused"}, start="latents")
    estimator, labels, said = fit(config, GaussianMixture(3, random_state=0), points, points)
    assert estimator.means_init is not None
    assert adjusted_rand_score(blobs.labels, labels) == 1
    assert said == []


def test_separation_is_the_silhouette_where_there_is_one(blobs, monkeypatch):
    points = blobs.latents.fitted
    assert separation(points, blobs.labels, 0) == pytest.approx(silhouette_score(points, blobs.labels))
    assert separation(points, np.zeros_like(blobs.labels), 0) == -1
    assert separation(points, np.arange(len(points)), 0) == -1
    monkeypatch.setattr(choice, "JUDGED", 60)
    assert separation(points, blobs.labels, 0) == pytest.approx(silhouette_score(points, blobs.labels), abs=0.05)
    assert separation(points, blobs.labels, 0) != separation(points, blobs.labels, 1)


@pytest.mark.parametrize("kind", KINDS)
def test_a_mixture_starts_as_scikit_learn_starts_it_from_the_same_groups(blobs, kind):
    points = np.asarray(blobs.latents.fitted, np.float64)
    settings = {"covariance_type": kind, "random_state": 0}
    ours, reference = GaussianMixture(3, **settings), GaussianMixture(3, init_params="kmeans", **settings)
    begin(ours, partition(3, points, points, 0), points)
    ours.fit(points)
    reference.fit(points)
    order, theirs = (np.argsort(one.weights_) for one in (ours, reference))
    np.testing.assert_allclose(ours.means_[order], reference.means_[theirs], atol=1e-4)
    assert ours.lower_bound_ == pytest.approx(reference.lower_bound_, abs=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_precisions_are_the_inverse_of_the_groups_covariances(kind):
    rng = np.random.default_rng(1)
    groups = np.repeat([0, 1], [400, 600])
    points = rng.normal(size=(1000, 2)) * np.array([[1, 2], [3, 4]])[groups] + groups[:, None] * 100
    variances = np.stack([points[groups == group].var(axis=0) for group in (0, 1)])
    pooled = np.average(variances, axis=0, weights=[0.4, 0.6])
    found = precisions(points, groups, kind, 0.0)
    expected = {"full": variances, "tied": pooled, "diag": variances, "spherical": variances.mean(axis=1)}[kind]
    shown = np.diagonal(np.linalg.inv(found), axis1=-2, axis2=-1) if kind in ("full", "tied") else 1 / found
    np.testing.assert_allclose(shown, expected)


def test_a_group_of_one_has_a_covariance_too():
    assert np.isfinite(precisions(np.array([[0.0, 0], [1, 1], [1, 2]]), np.array([0, 1, 1]), "full", 1e-6)).all()


def test_means_are_the_groups_means():
    np.testing.assert_array_equal(means(np.array([[0.0], [2], [5]]), np.array([0, 0, 1])), [[1], [5]])


@pytest.mark.parametrize("estimator", [AgglomerativeClustering(3), BayesianGaussianMixture(n_components=3)])
@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"start": "latents"}, r"^cluster\.start = latents: \w+ takes no start; set cluster\.start=own$"),
        ({"swaps": 5}, r"^cluster\.swaps = 5: \w+ takes no start; set cluster\.swaps=0$"),
    ],
)
def test_an_estimator_without_a_start_is_refused(blobs, estimator, asked, message):
    config = Cluster(name="some", k=3, estimator={"_target_": "unused"}, **asked)
    with pytest.raises(UserError, match=message):
        fit(config, estimator, blobs.latents.fitted, blobs.latents.fitted)


@pytest.mark.filterwarnings("ignore:Number of distinct clusters")  # the stage makes it a note
def test_latents_with_too_few_groups_are_refused(blobs):
    flat = np.zeros((156, 2), np.float32)
    with pytest.raises(UserError, match="have only 1 distinct groups, 3 are wanted"):
        partition(3, flat, blobs.latents.fitted, 0)
