"""Fitted estimators as skops files, which hold no code: only types of a fixed list are loaded."""

from __future__ import annotations

import json
from dataclasses import dataclass
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import numpy as np

from pipeline.artifacts.base import Float, Int
from pipeline.artifacts.migration import RENAMED_CLASSES, current_class_path

TRUSTED = (
    "pipeline.artifacts.estimators.NearestCentreClassifier",
    "scipy.sparse._csr.csr_matrix",  # the neighbour graph within agglomerative and spectral clustering
    "sklearn.cluster._bisect_k_means._BisectingTree",
    "sklearn.cluster._kmeans._kmeans_single_lloyd",
)
"""Types that may be loaded in addition to skops' own list: scikit-learn's estimators, NumPy and plain Python values."""

SCHEMA = "schema.json"
"""The file within a skops archive that names the classes."""


class UntrustedTypeError(ValueError):
    """A skops file holds a type that is not trusted."""


@dataclass
class NearestCentreClassifier:
    """Predicts the label of the nearest centre, as Birch does with its subclusters.

    `centres` (c, d) float32 and their `labels` (c,) int32.
    """

    centres: Float
    labels: Int

    def predict(self, points: Float) -> Int:
        """Return the labels (m,) of `points` (m, d)."""
        from sklearn.metrics import pairwise_distances_argmin

        indices: Int = pairwise_distances_argmin(points, self.centres)
        return self.labels[indices]


def can_store(estimator: Any) -> bool:
    """Return whether `load_estimator` accepts what `dump_estimator` writes."""
    try:
        load_estimator(dump_estimator(estimator))
    except (UntrustedTypeError, TypeError, ValueError, RecursionError):
        return False
    return True


def dump_estimator(estimator: Any) -> bytes:
    """Return the bytes of a skops file with the estimator.

    Of a Birch only its subcluster centres are stored, as a `NearestCentreClassifier`: skops cannot store its tree.

    Raises:
        TypeError: skops cannot store an object of this type.
    """
    from skops import io

    if hasattr(estimator, "subcluster_centers_"):
        estimator = NearestCentreClassifier(
            np.asarray(estimator.subcluster_centers_), np.asarray(estimator.subcluster_labels_)
        )
    content: bytes = io.dumps(estimator, compression=ZIP_DEFLATED, compresslevel=3)
    return content


def load_estimator(content: bytes) -> Any:
    """Return the estimator in the bytes of a skops file, also of an earlier version.

    Raises:
        UntrustedTypeError: it holds a type that is not trusted.
    """
    from skops import io

    untrusted = set(io.get_untrusted_types(data=content)) - set(TRUSTED)
    if untrusted & {path.replace(":", ".") for path in RENAMED_CLASSES}:
        content = _with_current_classes(content)
        untrusted = set(io.get_untrusted_types(data=content)) - set(TRUSTED)
    if untrusted:
        raise UntrustedTypeError(f"the estimator holds {', '.join(sorted(untrusted))}, which is not loaded")
    return io.loads(content, trusted=list(TRUSTED))


def _with_current_classes(content: bytes) -> bytes:
    """The bytes of a skops file whose schema names renamed classes by their current path."""
    with ZipFile(BytesIO(content)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    files[SCHEMA] = json.dumps(json.loads(files[SCHEMA], object_hook=_with_current_class)).encode()
    migrated = BytesIO()
    with ZipFile(migrated, "w", ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return migrated.getvalue()


def _with_current_class(node: dict[str, Any]) -> dict[str, Any]:
    """A node of a skops schema with the current module and class."""
    if "__class__" not in node or "__module__" not in node:
        return node
    module, _, name = current_class_path(f"{node['__module__']}:{node['__class__']}").partition(":")
    return node | {"__module__": module, "__class__": name}
