"""The order of a cluster's members."""

import numpy as np

from pipeline.artifacts import Clustering, Features
from pipeline.clustering.typical_members import order_members


def test_members_are_ordered_by_confidence_then_by_distance():
    points = np.array([[0], [4], [1], [2], [9]], np.float32)
    clusters = np.array([0, 0, 0, 0, 1], np.int32)
    confidence = np.array([0.9, 0.5, 0.901, 0.9, 1], np.float32)
    clustering = Clustering(clusters, clusters[:0], confidence, confidence[:0], points[:2], "kmeans")
    assert order_members(clustering, Features(points, points[:0], "none"), 0).tolist() == [3, 2, 0, 1]
