"""Estimators as skops files: what predicts is restored, and a Birch becomes its subcluster centres."""

import numpy as np
import pytest
from sklearn.cluster import Birch, KMeans
from sklearn.mixture import GaussianMixture

from pipeline.artifacts.estimators import NearestCentreClassifier, can_store, dump_estimator, load_estimator


@pytest.mark.parametrize("estimator", [KMeans(3, random_state=0), GaussianMixture(3, random_state=0)])
def test_a_restored_estimator_predicts_the_same(blobs, estimator):
    estimator.fit(blobs.latents.fitted)
    restored = load_estimator(dump_estimator(estimator))
    assert type(restored) is type(estimator)
    np.testing.assert_array_equal(restored.predict(blobs.latents.held_out), estimator.predict(blobs.latents.held_out))


def test_a_birch_is_stored_as_its_subcluster_centres(blobs):
    estimator = Birch(n_clusters=3).fit(blobs.latents.fitted)
    restored = load_estimator(dump_estimator(estimator))
    assert type(restored) is NearestCentreClassifier
    np.testing.assert_array_equal(restored.predict(blobs.latents.held_out), estimator.predict(blobs.latents.held_out))


def test_a_function_of_the_tests_cannot_be_stored():
    assert can_store(KMeans(3))
    assert not can_store(lambda points: points)
