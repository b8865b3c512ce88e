"""How well clusters are separated, a score that needs no labels."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

WORKING_MEMORY = 64
"""MiB of distances in memory at a time; scikit-learn's default, 1,024, would be the peak of a run."""


def silhouette_score(points: NDArray[Any], clusters: NDArray[np.int32]) -> float:
    """Return the mean silhouette in [−1, 1] of `clusters` (n,) among `points` (n, d), by scikit-learn.

    Higher is better; a point in a cluster of its own counts as 0. NaN if there is only one cluster, or one for each
    point. All pairs of points are measured: O(n²·d) time. Source: Rousseeuw, "Silhouettes", 1987. Limitation: it
    favours convex clusters of equal size.
    """
    import sklearn
    from sklearn import metrics

    if not 2 <= len(np.unique(clusters)) < len(clusters):
        return float("nan")
    with sklearn.config_context(working_memory=WORKING_MEMORY):
        return float(metrics.silhouette_score(points, clusters))
