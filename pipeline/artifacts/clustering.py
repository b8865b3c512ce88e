"""The clusters that were found, with the estimator that found them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pipeline.artifacts.base import Artifact, Float, Int


@dataclass(frozen=True)
class Clustering(Artifact):
    """Cluster of each image: `fitted` (n,) and `held_out` (m,) int32, noise −1, clusters numbered by falling size.

    The confidences, float32 in [0, 1], are the posterior of the assigned cluster where the algorithm has one, else
    the share of a point's neighbours in the same cluster. `centres` (k, d) float32 are the mean latents of the
    members. `notes` says what was sampled, if anything was; `scores` keeps the estimator's own criteria.
    `estimator` is the fitted scikit-learn object, None where it is none that may be loaded again; `numbering` is the
    table from its labels + 1 to ours.
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
        """Write the arrays, and the fitted estimator as a skops file: loading one runs no code of the file."""
        from pipeline.estimators import dumps

        replace(self, estimator=None).save_fields(folder)
        (folder / "estimator.skops").write_bytes(dumps(self.estimator))

    @classmethod
    def load(cls, folder: Path) -> Clustering:
        """Read the arrays and the fitted estimator."""
        from pipeline.estimators import loads

        return replace(super().load(folder), estimator=loads((folder / "estimator.skops").read_bytes()))

    @property
    def k(self) -> int:
        """Number of clusters found, noise not counted."""
        return len(self.centres)

    def metrics(self) -> dict[str, float]:
        """Report k, coverage and the estimator's own criteria (inertia, lower bound, …)."""
        coverage = float((self.fitted >= 0).mean())
        return {"k": float(self.k), "coverage": coverage} | {f"cluster/{k}": v for k, v in self.scores.items()}
