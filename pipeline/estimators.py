"""Fitted estimators in a file that holds no code: skops in place of pickle, with the types that may be loaded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from zipfile import ZIP_DEFLATED

import numpy as np

from pipeline.artifacts.base import Float, Int

TRUSTED = (
    "pipeline.estimators.Nearest",
    "scipy.sparse._csr.csr_matrix",  # the neighbour graph within agglomerative and spectral clustering
    "sklearn.cluster._bisect_k_means._BisectingTree",
    "sklearn.cluster._kmeans._kmeans_single_lloyd",
)
"""What may be loaded beside skops' own list, which has scikit-learn's estimators, NumPy and plain Python values."""


class RefusedError(ValueError):
    """An estimator of a type that is not loaded."""


@dataclass
class Nearest:
    """Predicts the label of the nearest of `centres` (c, d), as Birch does with its subclusters."""

    centres: Float
    labels: Int

    def predict(self, points: Float) -> Int:
        """Return the labels (m,) of `points` (m, d)."""
        from sklearn.metrics import pairwise_distances_argmin

        places: Int = pairwise_distances_argmin(points, self.centres)
        return self.labels[places]


def storable(estimator: Any) -> bool:
    """Whether `loads` will give back what `dumps` writes."""
    try:
        loads(dumps(estimator))
    except (RefusedError, TypeError, ValueError, RecursionError):
        return False
    return True


def dumps(estimator: Any) -> bytes:
    """Return the bytes of a skops file; of a Birch, whose tree has no place there, what predicts.

    Raises:
        TypeError: skops knows no way to write it.
    """
    from skops import io

    if hasattr(estimator, "subcluster_centers_"):
        estimator = Nearest(np.asarray(estimator.subcluster_centers_), np.asarray(estimator.subcluster_labels_))
    content: bytes = io.dumps(estimator, compression=ZIP_DEFLATED, compresslevel=3)
    return content


def loads(content: bytes) -> Any:
    """Return the estimator in the bytes of a skops file.

    Raises:
        RefusedError: it holds a type that is not trusted.
    """
    from skops import io

    strange = sorted(set(io.get_untrusted_types(data=content)) - set(TRUSTED))
    if strange:
        raise RefusedError(f"the estimator holds {', '.join(strange)}, which is not loaded")
    return io.loads(content, trusted=list(TRUSTED))
