"""The silhouette, and where it is undefined."""

import numpy as np
import pytest

from pipeline.clustering.silhouette import silhouette_score

POINTS = np.array([[0.0], [1.0], [10.0]])


def test_the_silhouette_computed_by_hand():
    assert silhouette_score(POINTS, np.array([4, 4, 7])) == pytest.approx((9 / 10 + 8 / 9 + 0) / 3)


@pytest.mark.parametrize("clusters", [[0, 0, 0], [0, 1, 2]])
def test_the_silhouette_of_one_cluster_or_of_single_points_is_undefined(clusters):
    assert np.isnan(silhouette_score(POINTS, np.array(clusters)))
