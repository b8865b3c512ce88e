"""Initialisation from groups: k-means of the latents, and the means and precisions of a mixture."""

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score
from sklearn.mixture import GaussianMixture

from pipeline.clustering.initialization import group_means, group_precisions, initial_groups, set_initialization
from pipeline.runtime.errors import UserError

COVARIANCE_TYPES = ("full", "tied", "diag", "spherical")


def test_groups_are_refined_by_k_means_of_the_points():
    """Ten points have the latents of another group but lie with their own on the manifold."""
    rng = np.random.default_rng(0)
    truth = np.repeat([0, 1, 2], 60)
    latents = (10 * np.eye(3)[truth] + rng.normal(size=(180, 3))).astype(np.float32)
    latents[:10] = latents[60:70]
    points = (20 * truth[:, None] + 0.05 * rng.normal(size=(180, 2))).astype(np.float32)
    of_latents = KMeans(3, n_init=10, random_state=0).fit_predict(latents)
    assert adjusted_rand_score(truth, of_latents) < 1
    assert adjusted_rand_score(truth, initial_groups(3, latents, points, 0)) == 1


@pytest.mark.filterwarnings("ignore:Number of distinct clusters")  # the stage turns it into a note
def test_latents_with_too_few_distinct_groups_are_refused(blobs):
    equal = np.zeros((156, 2), np.float32)
    with pytest.raises(UserError, match=r"cluster\.k = 3, but the latents have only 1 distinct groups; train longer"):
        initial_groups(3, equal, blobs.latents.fitted, 0)


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_a_mixture_started_from_k_means_equals_scikit_learns(blobs, covariance_type):
    points = np.asarray(blobs.latents.fitted, np.float64)
    settings = {"covariance_type": covariance_type, "random_state": 0}
    mixture, reference = GaussianMixture(3, **settings), GaussianMixture(3, init_params="kmeans", **settings)
    set_initialization(mixture, initial_groups(3, points, points, 0), points)
    mixture.fit(points)
    reference.fit(points)
    order, reference_order = np.argsort(mixture.weights_), np.argsort(reference.weights_)
    np.testing.assert_allclose(mixture.means_[order], reference.means_[reference_order], atol=1e-4)
    assert mixture.lower_bound_ == pytest.approx(reference.lower_bound_, abs=1e-4)


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_precisions_are_the_inverse_covariances_of_the_groups(covariance_type):
    rng = np.random.default_rng(1)
    groups = np.repeat([0, 1], [400, 600])
    points = rng.normal(size=(1000, 2)) * np.array([[1, 2], [3, 4]])[groups] + groups[:, None] * 100
    variances = np.stack([points[groups == group].var(axis=0) for group in (0, 1)])
    pooled = np.average(variances, axis=0, weights=[0.4, 0.6])
    expected = {"full": variances, "tied": pooled, "diag": variances, "spherical": variances.mean(axis=1)}
    precisions = group_precisions(points, groups, covariance_type, 0.0)
    is_matrix = covariance_type in ("full", "tied")
    computed = np.diagonal(np.linalg.inv(precisions), axis1=-2, axis2=-1) if is_matrix else 1 / precisions
    np.testing.assert_allclose(computed, expected[covariance_type])


def test_the_precision_of_a_single_point_is_finite():
    points, groups = np.array([[0.0, 0], [1, 1], [1, 2]]), np.array([0, 1, 1])
    assert np.isfinite(group_precisions(points, groups, "full", 1e-6)).all()


def test_group_means():
    np.testing.assert_array_equal(group_means(np.array([[0.0], [2], [5]]), np.array([0, 0, 1])), [[1], [5]])
