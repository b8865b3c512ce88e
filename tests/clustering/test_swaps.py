"""Swaps leave local optima in which one cluster covers two groups, and never worsen the criterion."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score
from sklearn.mixture import GaussianMixture
from threadpoolctl import threadpool_limits

from pipeline.artifacts import Features, Latents
from pipeline.clustering import swaps as module
from pipeline.clustering.initialization import group_means, set_initialization
from pipeline.clustering.swaps import improve_by_swaps
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
    better, labels_after = improve_by_swaps(fitted, labels, points, 100, seed=0)
    assert adjusted_rand_score(truth, labels_after) == 1
    assert np.array_equal(labels_after, better.predict(points))


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda estimator: type(estimator).__name__)
@pytest.mark.parametrize("seed", range(3))
def test_the_criterion_never_gets_worse(local_optimum, estimator, seed):
    _, points, start = local_optimum
    noisy = points + np.random.default_rng(seed).normal(scale=80, size=points.shape).astype(np.float32)
    fitted, labels = fit_from(estimator, noisy, start)
    better, _ = improve_by_swaps(fitted, labels, noisy, 20, seed)
    assert module.criterion(better) >= module.criterion(fitted)


def test_the_best_fit_is_returned_unchanged(local_optimum):
    truth, points, _ = local_optimum
    fitted, labels = fit_from(ESTIMATORS[0], points, truth.astype(np.int32))
    better, labels_after = improve_by_swaps(fitted, labels, points, 20, seed=0)
    assert better is fitted
    assert labels_after is labels


def test_the_same_seed_gives_the_same_swaps_and_each_is_reported(local_optimum):
    _, points, start = local_optimum
    reported = []
    fitted, labels = fit_from(ESTIMATORS[0], points, start)
    first = improve_by_swaps(fitted, labels, points, 60, seed=3, on_swap=reported.append)
    again = improve_by_swaps(fitted, labels, points, 60, seed=3)
    assert np.array_equal(first[0].means_, again[0].means_)
    assert reported == list(range(1, len(reported) + 1))


def test_the_most_promising_swap_is_the_one_that_is_needed(local_optimum):
    """The first two groups share cluster 0; the third one has the clusters 1 and 2."""
    _, points, start = local_optimum
    first, *others = module._ranked_swaps(module._Fit(*fit_from(ESTIMATORS[0], points, start)), points, 0)
    assert (first.split, first.merged) == (0, (1, 2))
    assert all(swap.split not in swap.merged for swap in others)


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda estimator: type(estimator).__name__)
def test_the_search_ends_if_no_promising_swap_helps(local_optimum, estimator, monkeypatch):
    """Of the best fit no swap helps; without limits all of them would be tried."""
    truth, points, _ = local_optimum
    monkeypatch.setattr(module, "PATIENCE", 2)
    monkeypatch.setattr(module, "ATTEMPTS", 2)
    reported = []
    fitted, labels = fit_from(estimator, points, truth.astype(np.int32))
    improve_by_swaps(fitted, labels, points, 100, seed=0, on_swap=reported.append)
    assert reported == [1, 2, 3, 4]
    improve_by_swaps(fitted, labels, points, 2, seed=0, on_swap=reported.append)
    assert reported == [1, 2, 3, 4, 1, 2]


@pytest.mark.parametrize("k", [1, 2])
def test_few_clusters_and_the_largest_seed_are_possible(local_optimum, k):
    """Two clusters leave none to split; the rankings count the seed up."""
    _, points, _ = local_optimum
    fitted = GaussianMixture(k, random_state=0).fit(points)
    labels = np.asarray(fitted.predict(points), np.int32)
    better, labels_after = improve_by_swaps(fitted, labels, points, 10, seed=2**32 - 1)
    assert better is fitted
    assert labels_after is labels


def test_two_long_groups_side_by_side_are_split_along_their_length():
    """k-means would cut both across. One cluster covers them, two others share the third group."""
    rng = np.random.default_rng(0)
    truth = np.repeat([0, 1, 2], 200)
    centres = np.array([[0.0, 0], [0, 4], [300, 0]])[truth]
    points = (centres + rng.normal(size=(600, 2)) * np.array([[40, 0.5], [40, 0.5], [9, 9]])[truth]).astype(np.float32)
    assert adjusted_rand_score(truth[:400], KMeans(2, random_state=0).fit_predict(points[:400])) < 0.1
    start = np.where(truth < 2, 0, 1 + (np.arange(600) % 2)).astype(np.int32)
    fitted, labels = fit_from(GaussianMixture(3, random_state=0), points, start)
    assert adjusted_rand_score(truth, labels) < 0.8
    _, labels_after = improve_by_swaps(fitted, labels, points, 20, seed=2**32 - 1)
    assert adjusted_rand_score(truth, labels_after) == 1


@pytest.mark.slow
def test_a_better_optimum_of_the_sample_is_refitted_on_all_points(local_optimum, monkeypatch):
    truth, points, start = local_optimum
    monkeypatch.setattr(module, "LARGEST_SAMPLE", 200)
    better, labels_after = improve_by_swaps(*fit_from(ESTIMATORS[0], points, start), points, 100, seed=0)
    assert adjusted_rand_score(truth, labels_after) == 1
    expected = group_means(points, truth)
    np.testing.assert_allclose(np.sort(better.means_[:, 0]), np.sort(expected[:, 0]), atol=0.01)


@pytest.mark.slow
def test_no_cluster_becomes_too_small_for_a_covariance(local_optimum):
    """The likelihood is unbounded if a component holds one point."""
    _, points, start = local_optimum
    lone = np.vstack([points, [[5000, 5000]]]).astype(np.float32)
    fitted, labels = fit_from(ESTIMATORS[0], lone, np.append(start, 5).astype(np.int32))
    _, labels_after = improve_by_swaps(fitted, labels, lone, 100, seed=0)
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
    assert recorder.steps == [(swap, 100) for swap in range(1, len(recorder.steps) + 1)]
    assert recorder.steps


def test_a_criterion_is_better_the_higher_it_is(blobs):
    points = blobs.latents.fitted
    for estimator in (GaussianMixture, KMeans):
        poor, good = (estimator(k, random_state=0).fit(points) for k in (1, 3))
        assert module.criterion(good) > module.criterion(poor)
    assert module.criterion(object()) == 0
