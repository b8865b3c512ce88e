"""Random swaps leave the optima in which one cluster covers two groups, and never fit worse."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score
from sklearn.mixture import GaussianMixture

from pipeline.artifacts import Features, Latents
from pipeline.config import Cluster
from pipeline.fitting import swaps
from pipeline.fitting.starts import begin, means
from pipeline.fitting.swaps import improve
from pipeline.knn import exact
from pipeline.stages.cluster import cluster

ESTIMATORS = [GaussianMixture(6, random_state=0), KMeans(6, n_init=1, random_state=0)]


@pytest.fixture(scope="module")
def trapped():
    """Six far groups (600, 2), and a start in which the first two share a cluster and the third has two."""
    rng = np.random.default_rng(0)
    truth = np.repeat(np.arange(6), 100)
    points = (
        100 * np.array([[0, 0], [0, 1], [3, 0], [3, 3], [0, 3], [6, 6]])[truth] + rng.normal(size=(600, 2))
    ).astype(np.float32)
    start = np.where(truth == 1, 0, truth)
    start[(truth == 2) & (np.arange(600) % 2 == 0)] = 1
    return truth, points, start.astype(np.int32)


def at_start(estimator, points, start):
    """The estimator fitted from that start, and its labels: it stays in the trap."""
    fitted = clone(estimator)
    begin(fitted, start, points)
    return fitted, np.asarray(fitted.fit_predict(points), np.int32)


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda one: type(one).__name__)
def test_swaps_leave_a_local_optimum(trapped, estimator):
    truth, points, start = trapped
    fitted, labels = at_start(estimator, points, start)
    assert adjusted_rand_score(truth, labels) < 0.9
    better, found = improve(fitted, labels, points, 100, seed=0)
    assert adjusted_rand_score(truth, found) == 1
    assert np.array_equal(found, better.predict(points))


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda one: type(one).__name__)
@pytest.mark.parametrize("seed", range(3))
def test_the_criterion_never_falls(trapped, estimator, seed):
    _, points, start = trapped
    noisy = points + np.random.default_rng(seed).normal(scale=80, size=points.shape).astype(np.float32)
    fitted, labels = at_start(estimator, noisy, start)
    better, _ = improve(fitted, labels, noisy, 20, seed)
    of = (lambda one: one.lower_bound_) if hasattr(fitted, "lower_bound_") else (lambda one: -one.inertia_)
    assert of(better) >= of(fitted)


def test_what_is_best_already_is_returned_as_it_is(trapped):
    truth, points, _ = trapped
    fitted, labels = at_start(ESTIMATORS[0], points, truth.astype(np.int32))
    better, found = improve(fitted, labels, points, 20, seed=0)
    assert better is fitted
    assert found is labels


def test_the_same_seed_swaps_alike_and_every_swap_is_told(trapped):
    _, points, start = trapped
    told = []
    fitted, labels = at_start(ESTIMATORS[0], points, start)
    first = improve(fitted, labels, points, 60, seed=3, after=told.append)
    again = improve(fitted, labels, points, 60, seed=3)
    assert np.array_equal(first[0].means_, again[0].means_)
    assert told == list(range(1, 61))


def test_a_better_optimum_of_a_sample_is_finished_on_all(trapped, monkeypatch):
    truth, points, start = trapped
    monkeypatch.setattr(swaps, "SAMPLE", 200)
    better, found = improve(*at_start(ESTIMATORS[0], points, start), points, 100, seed=0)
    assert adjusted_rand_score(truth, found) == 1
    expected = means(points, truth)
    np.testing.assert_allclose(np.sort(better.means_[:, 0]), np.sort(expected[:, 0]), atol=0.01)


def test_no_cluster_is_left_too_small_for_a_covariance(trapped):
    """A likelihood has no bound where a component holds one point."""
    _, points, start = trapped
    lone = np.vstack([points, [[5000, 5000]]]).astype(np.float32)
    fitted, labels = at_start(ESTIMATORS[0], lone, np.append(start, 5).astype(np.int32))
    _, found = improve(fitted, labels, lone, 100, seed=0)
    assert np.bincount(found, minlength=6).min() > 2


def test_the_stage_swaps_and_says_how_far_it_is(trapped, recorder):
    truth, points, _ = trapped
    known = Latents(points, points[:0], [2])
    facts = {"n_components": 6, "init_params": "random_from_data", "random_state": 2}
    config = Cluster(name="some", k=6, estimator={"_target_": "sklearn.mixture.GaussianMixture"} | facts)

    def clusters(config, **kwargs):
        return cluster(config, Features(points, points[:0], "umap"), exact(known, 10), known, **kwargs).fitted

    assert adjusted_rand_score(truth, clusters(config)) < 0.95
    swapped = config.model_copy(update={"swaps": 100})
    assert adjusted_rand_score(truth, clusters(swapped, observer=recorder)) == 1
    assert recorder.steps == [(swap, 100) for swap in range(1, 101)]
