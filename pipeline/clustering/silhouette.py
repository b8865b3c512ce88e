"""How well clusters are separated, a score that needs no labels."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def silhouette_score(points: NDArray[Any], clusters: NDArray[np.int32]) -> float:
    """Return the mean silhouette in [−1, 1] of `clusters` (n,) among `points` (n, d), by scikit-learn.

    Higher is better; a point in a cluster of its own counts as 0. NaN if there is only one cluster, or one for each
    point. All pairs of points are measured: O(n²·d) time. Source: Rousseeuw, "Silhouettes", 1987. Limitation: it
    favours convex clusters of equal size.
    """
    from sklearn import metrics

    if not 2 <= len(np.unique(clusters)) < len(clusters):
        return float("nan")
    return float(metrics.silhouette_score(points, clusters))
