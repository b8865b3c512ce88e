"""Calibration of confidences: cases computed by hand, invariants, and scikit-learn as the reference."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.calibration import calibration_curve

from pipeline.clustering.calibration import accuracy_at_coverage, labelled_confidence, measure_calibration
from pipeline.clustering.metrics import accuracy_score, contingency_matrix

images = st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=60)


def arrays(pairs):
    confidence, right = zip(*pairs, strict=True)
    return np.array(confidence), np.array(right)


def test_error_is_the_weighted_gap():
    # Two bins: 0.2 with half of two right, 0.9 with all of three right.
    confidence, right = np.array([0.2, 0.2, 0.9, 0.9, 0.9]), np.array([True, False, True, True, True])
    calibration = measure_calibration(confidence, right, bins=10)
    assert calibration.confidence == pytest.approx([0.2, 0.9])
    assert calibration.accuracy == pytest.approx([0.5, 1])
    assert calibration.counts.tolist() == [2, 3]
    assert calibration.error == pytest.approx((2 * 0.3 + 3 * 0.1) / 5)


def test_without_images_the_error_is_undefined():
    nothing = np.empty(0), np.empty(0, bool)
    assert np.isnan(measure_calibration(*nothing).error)
    assert np.isnan(accuracy_at_coverage(*nothing))


def test_bins_are_those_of_scikit_learn():
    rng = np.random.default_rng(0)
    confidence = rng.random(500)
    right = rng.random(500) < confidence
    calibration = measure_calibration(confidence, right, bins=10)
    accuracy, mean_confidence = calibration_curve(right, confidence, n_bins=10)
    assert calibration.accuracy == pytest.approx(accuracy)
    assert calibration.confidence == pytest.approx(mean_confidence)
    assert calibration.error < 0.06


@given(images)
def test_error_stays_in_range_and_bounds_the_mean_gap(pairs):
    confidence, right = arrays(pairs)
    error = measure_calibration(confidence, right).error
    assert abs(confidence.mean() - right.mean()) - 1e-9 <= error <= 1 + 1e-9


@given(images, st.randoms(use_true_random=False))
def test_order_does_not_matter_although_confidences_are_equal(pairs, random):
    shuffled = random.sample(pairs, len(pairs))
    assert accuracy_at_coverage(*arrays(pairs)) == pytest.approx(accuracy_at_coverage(*arrays(shuffled)))


@given(images)
def test_full_coverage_is_the_accuracy(pairs):
    confidence, right = arrays(pairs)
    assert accuracy_at_coverage(confidence, right, 1) == pytest.approx(right.mean())


def test_the_most_confident_images_come_first():
    confidence, right = np.linspace(0, 1, 10), np.arange(10) > 0
    assert accuracy_at_coverage(confidence, right, 0.9) == 1
    assert accuracy_at_coverage(1 - confidence, right, 0.9) == pytest.approx(8 / 9)


def test_equal_confidences_at_the_border_count_alike():
    confidence, right = np.array([1, 0.5, 0.5, 0.5, 0.5]), np.array([True, True, False, False, False])
    assert accuracy_at_coverage(confidence, right, 0.4) == pytest.approx((1 + 0.25) / 2)


def test_right_images_are_those_of_the_accuracy():
    rng = np.random.default_rng(1)
    labels, clusters = rng.integers(-1, 4, 200), rng.integers(-1, 5, 200)
    confidence = rng.random(200)
    kept, right = labelled_confidence(labels, clusters, confidence)
    known, clustered = labels >= 0, clusters >= 0
    assert kept.tolist() == confidence[known & clustered].tolist()
    assert right.sum() == pytest.approx(accuracy_score(contingency_matrix(labels, clusters)) * known.sum())


@pytest.mark.parametrize(("labels", "clusters"), [([-1, -1], [0, 1]), ([0, 1], [-1, -1])])
def test_nothing_is_right_without_labels_or_clusters(labels, clusters):
    kept, right = labelled_confidence(np.array(labels), np.array(clusters), np.ones(2))
    assert len(kept) == len(right) == 0
