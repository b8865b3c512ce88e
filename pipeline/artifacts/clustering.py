"""The clusters of all images, and the estimator that made them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pipeline.artifacts.base import Artifact, Float, Int


@dataclass(frozen=True)
class Clustering(Artifact):
    """Cluster of each image: `fitted` (n,) and `held_out` (m,) int32, noise −1, clusters numbered by falling size.

    `confidence` (n,) and `held_confidence` (m,) float32 in [0, 1] are the posterior of the assigned cluster if the
    estimator has one, else the share of a point's neighbours in the same cluster. `centres` (k, d) float32 are the
    mean latents of the members. `method` is the name of the clusterer. `notes` records samples and warnings, `scores`
    the estimator's own criteria. `estimator` is the fitted scikit-learn object, None if it cannot be stored;
    `numbering` int32 maps its labels + 1 to clusters.
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

    def metrics(self) -> dict[str, float]:
        """Return k, coverage and the estimator's own criteria (inertia, log-likelihood, BIC)."""
        coverage = float((self.fitted >= 0).mean())
        criteria = {f"cluster/{name}": value for name, value in self.scores.items()}
        return {"k": float(self.k), "coverage": coverage} | criteria
