"""A clustering's metrics."""

import numpy as np

from pipeline.artifacts import Clustering


def test_noise_lowers_coverage_and_is_not_counted_in_k():
    empty = np.empty(0, np.float32)
    clusters = np.array([0, 0, 1, -1], np.int32)
    confidence, centres = np.ones(4, np.float32), np.zeros((2, 2), np.float32)
    clustering = Clustering(clusters, clusters[:0], confidence, empty, centres, "hdbscan", [], {"inertia": 2.0})
    assert clustering.metrics() == {"k": 2, "coverage": 0.75, "cluster/inertia": 2.0}
