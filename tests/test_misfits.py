"""Misfits, outliers and surprises on graphs small enough to check by eye, and their invariants on any."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.misfits import majority, misfit, outlier, rival, surprise

CLUSTERS = np.array([0, 0, 0, 1, 1, -1], np.int32)
NEIGHBOURS = np.array([[1, 2], [0, 3], [3, 4], [4, 5], [5, 5], [0, 1]], np.int32)


def test_a_misfit_is_the_share_of_neighbours_in_another_cluster():
    np.testing.assert_allclose(misfit(CLUSTERS, NEIGHBOURS), [0, 0.5, 1, 0.5, 1, 0])


def test_the_rival_is_the_other_cluster_that_most_neighbours_are_in():
    np.testing.assert_array_equal(rival(CLUSTERS, NEIGHBOURS), [-1, 1, 1, -1, -1, 0])


def test_of_equal_rivals_the_nearer_neighbours_one_is_named():
    clusters = np.array([0, 2, 1], np.int32)
    assert rival(clusters, np.array([[1, 2], [2, 0], [0, 1]], np.int32)).tolist() == [2, 1, 0]


@given(st.integers(0, 2**32 - 1), st.integers(1, 5))
def test_misfit_and_rival_do_not_care_what_clusters_are_called(seed, k):
    rng = np.random.default_rng(seed)
    clusters = rng.integers(-1, k, 30).astype(np.int32)
    neighbours = rng.integers(0, 30, (30, 4)).astype(np.int32)
    names = np.append(rng.permutation(k), -1).astype(np.int32)
    values, rivals = misfit(clusters, neighbours), rival(clusters, neighbours)
    np.testing.assert_array_equal(misfit(names[clusters], neighbours), values)
    np.testing.assert_array_equal(rival(names[clusters], neighbours), names[rivals])
    assert ((values >= 0) & (values <= 1)).all()
    assert (rivals != clusters)[rivals >= 0].all()
    assert (values[rivals >= 0] > 0)[clusters[rivals >= 0] >= 0].all()


def test_an_outlier_is_as_many_times_as_far_as_the_median_image():
    distances = np.array([[1, 1], [1, 3], [2, 2], [8, 12]], np.float32)
    np.testing.assert_allclose(outlier(distances), [0.5, 1, 1, 5])


def test_outliers_do_not_depend_on_the_unit_of_length():
    distances = np.random.default_rng(0).random((20, 3)).astype(np.float32)
    np.testing.assert_allclose(outlier(distances * 1000), outlier(distances), rtol=1e-5)


@pytest.mark.parametrize(("last", "expected"), [(4, [0, 0, 1]), (0, [0, 0, 0])])
def test_exact_copies_are_no_outliers_and_divide_by_nothing(last, expected):
    np.testing.assert_allclose(outlier(np.array([[0], [0], [last]], np.float32)), expected)


def test_a_surprise_is_a_known_label_that_is_not_the_usual_one_of_a_cluster():
    labels = np.array([5, 5, 3, 3, -1, 3], np.int32)
    assert majority(CLUSTERS, labels).tolist() == [5, 3]
    assert surprise(CLUSTERS, labels).tolist() == [False, False, True, False, False, False]


def test_without_labels_or_clusters_nothing_surprises():
    nothing = np.full(6, -1, np.int32)
    assert majority(CLUSTERS, nothing).tolist() == [-1, -1]
    assert not surprise(CLUSTERS, nothing).any()
    assert not surprise(nothing, CLUSTERS).any()
    assert not misfit(nothing, NEIGHBOURS).any()
