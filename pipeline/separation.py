"""How well clusters lie apart, which takes no label."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def silhouette_score(points: NDArray[Any], clusters: NDArray[np.int32]) -> float:
    """Mean silhouette in [−1, 1] of clusters (n,) among points (n, d): nearer to its own cluster than to the next.

    Higher is better; 0 for a point that is a cluster of its own; NaN where there is one cluster or n of them. All
    pairs are measured. Source: Rousseeuw, "Silhouettes", 1987. Weakness: it favours round clusters of one size.
    """
    from sklearn import metrics

    if not 2 <= len(np.unique(clusters)) < len(clusters):
        return float("nan")
    return float(metrics.silhouette_score(points, clusters))
