"""The clusters of all images, and the estimator that made them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.artifacts.base import Artifact, Float, Int, require

NOT_SURE, REMOVE = 1, 2
"""The values of `Clustering.marks` besides 0."""


@dataclass(frozen=True)
class Clustering(Artifact):
    """Cluster of each image: `fitted` (n,) and `held_out` (m,) int32, noise −1, clusters numbered by falling size.

    `confidence` (n,) and `held_confidence` (m,) float32 in [0, 1] are the weighted share of a point's neighbours in the
    same cluster. `centres` (k, d) float32 are the mean latents of the members. `method` is the name of the clusterer.
    `notes` records samples and warnings, `scores` the estimator's own criteria. `estimator` is the fitted scikit-learn
    object, None if it cannot be stored; `numbering` int32 maps its labels + 1 to clusters. `names` (k) are what a
    person called the clusters, empty strings for those without a name, and an empty list if none has one. `marks` (n,)
    int8 are a person's marks of the fitted images: 0 none, 1 not sure, 2 remove; None if there are none. Removed images
    have cluster −1.
    """

    fitted: Int
    held_out: Int
    confidence: Float
    held_confidence: Float
    centres: Float
    method: str
    notes: list[str] = field(default_factory=list)
    scores: dict[str, float] = field(default_factory=dict)
    estimator: Any = None
    numbering: Int | None = None
    names: list[str] = field(default_factory=list)
    marks: NDArray[np.int8] | None = None

    def __post_init__(self) -> None:
        require(not self.names or len(self.names) == self.k, f"{len(self.names)} names for {self.k} clusters")
        require(self.marks is None or len(self.marks) == len(self.fitted), "marks and images differ in number")

    def save(self, folder: Path) -> None:
        """Write the arrays, and the estimator as `estimator.skops`, a format that runs no code when it is loaded."""
        from pipeline.artifacts.estimators import dump_estimator

        replace(self, estimator=None).save_fields(folder)
        (folder / "estimator.skops").write_bytes(dump_estimator(self.estimator))

    @classmethod
    def load(cls, folder: Path) -> Clustering:
        """Read the arrays and the estimator.

        Raises:
            UntrustedTypeError: the file holds an estimator of a type that is not trusted.
        """
        from pipeline.artifacts.estimators import load_estimator

        return replace(super().load(folder), estimator=load_estimator((folder / "estimator.skops").read_bytes()))

    @property
    def k(self) -> int:
        """Number of clusters, noise not counted."""
        return len(self.centres)

    @property
    def removed(self) -> NDArray[np.bool_]:
        """Whether a person marked each fitted image (n,) for removal."""
        marks = np.zeros(len(self.fitted), np.int8) if self.marks is None else np.asarray(self.marks)
        return np.asarray(marks == REMOVE)

    @property
    def coverage(self) -> float:
        """Share of the fitted images that are in a cluster; images that a person marked for removal do not count."""
        remaining = self.fitted[~self.removed]
        return float((remaining >= 0).mean()) if len(remaining) else 1.0

    @property
    def digest(self) -> str:
        """What identifies the clusters, their names and the marks: the first 16 digits of a SHA-256."""
        content = hashlib.sha256(np.ascontiguousarray(self.fitted, "<i4").tobytes())
        content.update(json.dumps(self.names).encode())
        content.update(b"" if self.marks is None else np.ascontiguousarray(self.marks).tobytes())
        return content.hexdigest()[:16]

    def metrics(self) -> dict[str, float]:
        """Return k, coverage and the estimator's own criteria (inertia, log-likelihood, BIC)."""
        criteria = {f"cluster/{name}": value for name, value in self.scores.items()}
        return {"k": float(self.k), "coverage": self.coverage} | criteria
