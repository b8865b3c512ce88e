"""The members of a cluster, the most typical first."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.artifacts.clustering import Clustering
from pipeline.artifacts.features import Features


def order_members(clustering: Clustering, features: Features, cluster: int) -> NDArray[np.int64]:
    """Return the rows of a cluster's fitted images, the most typical first.

    They are sorted by falling confidence, rounded to two decimals because smaller differences mean nothing, then by
    distance to the mean of the cluster in the space that was clustered.
    """
    rows = np.flatnonzero(np.asarray(clustering.fitted) == cluster)
    points = np.asarray(features.fitted)[rows]
    distance = np.linalg.norm(points - points.mean(axis=0), axis=1)
    confidence = np.round(np.asarray(clustering.confidence)[rows], 2)
    return rows[np.lexsort((distance, -confidence))]
