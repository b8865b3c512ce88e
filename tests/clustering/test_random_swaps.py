"""Random swaps leave local optima in which one cluster covers two groups, and never worsen the criterion."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score
from sklearn.mixture import GaussianMixture
from threadpoolctl import threadpool_limits

from pipeline.artifacts import Features, Latents
from pipeline.clustering import random_swaps as module
from pipeline.clustering.initialization import group_means, set_initialization
from pipeline.clustering.random_swaps import random_swaps
from pipeline.config import Cluster
from pipeline.embedding.neighbors import exact
from pipeline.stages.cluster import cluster

ESTIMATORS = [GaussianMixture(6, random_state=0), KMeans(6, n_init=1, random_state=0)]


@pytest.fixture(autouse=True)
def one_thread():
    """Compute on one thread, as the stage does: many small fits are slow on several."""
    with threadpool_limits(1):
        yield


@pytest.fixture(scope="module")
def local_optimum():
    """Return six distant groups (600, 2) and a start in which the first two share a cluster and the third has two."""
    rng = np.random.default_rng(0)
    truth = np.repeat(np.arange(6), 100)
    points = (
        100 * np.array([[0, 0], [0, 1], [3, 0], [3, 3], [0, 3], [6, 6]])[truth] + rng.normal(size=(600, 2))
    ).astype(np.float32)
    start = np.where(truth == 1, 0, truth)
    start[(truth == 2) & (np.arange(600) % 2 == 0)] = 1
    return truth, points, start.astype(np.int32)


def fit_from(estimator, points, start):
    """Return the estimator fitted from that start, and its labels: it stays in the local optimum."""
    fitted = clone(estimator)
    set_initialization(fitted, start, points)
    return fitted, np.asarray(fitted.fit_predict(points), np.int32)


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda estimator: type(estimator).__name__)
def test_swaps_leave_a_local_optimum(local_optimum, estimator):
    truth, points, start = local_optimum
    fitted, labels = fit_from(estimator, points, start)
    assert adjusted_rand_score(truth, labels) < 0.9
    better, labels_after = random_swaps(fitted, labels, points, 100, seed=0)
    assert adjusted_rand_score(truth, labels_after) == 1
    assert np.array_equal(labels_after, better.predict(points))


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda estimator: type(estimator).__name__)
@pytest.mark.parametrize("seed", range(3))
def test_the_criterion_never_gets_worse(local_optimum, estimator, seed):
    _, points, start = local_optimum
    noisy = points + np.random.default_rng(seed).normal(scale=80, size=points.shape).astype(np.float32)
    fitted, labels = fit_from(estimator, noisy, start)
    better, _ = random_swaps(fitted, labels, noisy, 20, seed)
    assert module.criterion(better) >= module.criterion(fitted)


def test_the_best_fit_is_returned_unchanged(local_optimum):
    truth, points, _ = local_optimum
    fitted, labels = fit_from(ESTIMATORS[0], points, truth.astype(np.int32))
    better, labels_after = random_swaps(fitted, labels, points, 20, seed=0)
    assert better is fitted
    assert labels_after is labels


def test_the_same_seed_gives_the_same_swaps_and_each_is_reported(local_optimum):
    _, points, start = local_optimum
    reported = []
    fitted, labels = fit_from(ESTIMATORS[0], points, start)
    first = random_swaps(fitted, labels, points, 60, seed=3, on_swap=reported.append)
    again = random_swaps(fitted, labels, points, 60, seed=3)
    assert np.array_equal(first[0].means_, again[0].means_)
    assert reported == list(range(1, 61))


@pytest.mark.slow
def test_a_better_optimum_of_the_sample_is_refitted_on_all_points(local_optimum, monkeypatch):
    truth, points, start = local_optimum
    monkeypatch.setattr(module, "SAMPLE", 200)
    better, labels_after = random_swaps(*fit_from(ESTIMATORS[0], points, start), points, 100, seed=0)
    assert adjusted_rand_score(truth, labels_after) == 1
    expected = group_means(points, truth)
    np.testing.assert_allclose(np.sort(better.means_[:, 0]), np.sort(expected[:, 0]), atol=0.01)


@pytest.mark.slow
def test_no_cluster_becomes_too_small_for_a_covariance(local_optimum):
    """The likelihood is unbounded if a component holds one point."""
    _, points, start = local_optimum
    lone = np.vstack([points, [[5000, 5000]]]).astype(np.float32)
    fitted, labels = fit_from(ESTIMATORS[0], lone, np.append(start, 5).astype(np.int32))
    _, labels_after = random_swaps(fitted, labels, lone, 100, seed=0)
    assert np.bincount(labels_after, minlength=6).min() > 2


@pytest.mark.slow
def test_the_stage_swaps_and_reports_progress(local_optimum, recorder):
    truth, points, _ = local_optimum
    latents = Latents(points, points[:0], [2])
    settings = {"n_components": 6, "init_params": "random_from_data", "random_state": 2}
    config = Cluster(name="some", k=6, estimator={"_target_": "sklearn.mixture.GaussianMixture"} | settings)

    def clusters(config, **kwargs):
        return cluster(config, Features(points, points[:0], "umap"), exact(latents, 10), latents, **kwargs).fitted

    assert adjusted_rand_score(truth, clusters(config)) < 0.95
    swapped = config.model_copy(update={"swaps": 100})
    assert adjusted_rand_score(truth, clusters(swapped, observer=recorder)) == 1
    assert recorder.steps == [(swap, 100) for swap in range(1, 101)]


def test_a_criterion_is_better_the_higher_it_is(blobs):
    points = blobs.latents.fitted
    for estimator in (GaussianMixture, KMeans):
        poor, good = (estimator(k, random_state=0).fit(points) for k in (1, 3))
        assert module.criterion(good) > module.criterion(poor)
    assert module.criterion(object()) == 0
