"""A clustering's metrics."""

import numpy as np

from pipeline.artifacts import Clustering
from pipeline.artifacts.clustering import REMOVE


def clustering_of(*clusters, **values):
    """A clustering of some images in two clusters."""
    fitted, confidence = np.array(clusters, np.int32), np.ones(len(clusters), np.float32)
    return Clustering(fitted, fitted[:0], confidence, confidence[:0], np.zeros((2, 2), np.float32), "hdbscan", **values)


def test_noise_lowers_coverage_and_is_not_counted_in_k():
    clustering = clustering_of(0, 0, 1, -1, scores={"inertia": 2.0})
    assert clustering.metrics() == {"k": 2, "coverage": 0.75, "cluster/inertia": 2.0}


def test_removed_images_do_not_change_the_coverage():
    marks = np.array([0, 0, 0, 0, REMOVE, REMOVE], np.int8)
    assert clustering_of(0, 0, 1, 1, -1, -1, marks=marks).coverage == 1
    assert clustering_of(0, 0, 1, -1, -1, -1, marks=marks).metrics()["coverage"] == 0.75
