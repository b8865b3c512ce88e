"""Misfits and outliers: small graphs computed by hand, and invariants on random ones."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.clustering.misfits import misfit_scores, outlier_scores, rival_clusters

CLUSTERS = np.array([0, 0, 0, 1, 1, -1], np.int32)
NEIGHBORS = np.array([[1, 2], [0, 3], [3, 4], [4, 5], [5, 5], [0, 1]], np.int32)


def test_the_misfit_score_is_the_share_of_neighbours_in_another_cluster():
    np.testing.assert_allclose(misfit_scores(CLUSTERS, NEIGHBORS), [0, 0.5, 1, 0.5, 1, 0])


def test_the_rival_is_the_most_frequent_other_cluster_of_the_neighbours():
    np.testing.assert_array_equal(rival_clusters(CLUSTERS, NEIGHBORS), [-1, 1, 1, -1, -1, 0])


def test_of_equal_rivals_the_one_with_the_nearer_neighbour_wins():
    clusters = np.array([0, 2, 1], np.int32)
    assert rival_clusters(clusters, np.array([[1, 2], [2, 0], [0, 1]], np.int32)).tolist() == [2, 1, 0]


@given(st.integers(0, 2**32 - 1), st.integers(1, 5))
def test_misfits_and_rivals_do_not_depend_on_the_numbers_of_clusters(seed, k):
    rng = np.random.default_rng(seed)
    clusters = rng.integers(-1, k, 30).astype(np.int32)
    neighbors = rng.integers(0, 30, (30, 4)).astype(np.int32)
    names = np.append(rng.permutation(k), -1).astype(np.int32)
    values, rivals = misfit_scores(clusters, neighbors), rival_clusters(clusters, neighbors)
    np.testing.assert_array_equal(misfit_scores(names[clusters], neighbors), values)
    np.testing.assert_array_equal(rival_clusters(names[clusters], neighbors), names[rivals])
    assert ((values >= 0) & (values <= 1)).all()
    assert (rivals != clusters)[rivals >= 0].all()
    assert (values[rivals >= 0] > 0)[clusters[rivals >= 0] >= 0].all()


def test_the_outlier_score_is_relative_to_the_median_image():
    distances = np.array([[1, 1], [1, 3], [2, 2], [8, 12]], np.float32)
    np.testing.assert_allclose(outlier_scores(distances), [0.5, 1, 1, 5])


def test_outlier_scores_do_not_depend_on_the_unit_of_length():
    distances = np.random.default_rng(0).random((20, 3)).astype(np.float32)
    np.testing.assert_allclose(outlier_scores(distances * 1000), outlier_scores(distances), rtol=1e-5)


@pytest.mark.parametrize(("last", "expected"), [(4, [0, 0, 1]), (0, [0, 0, 0])])
def test_exact_copies_are_no_outliers_and_cause_no_division_by_zero(last, expected):
    np.testing.assert_allclose(outlier_scores(np.array([[0], [0], [last]], np.float32)), expected)


def test_noise_is_no_misfit():
    assert not misfit_scores(np.full(6, -1, np.int32), NEIGHBORS).any()
