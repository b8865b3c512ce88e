"""The latent space: the latent vectors, and the graph of their nearest neighbours that all later stages share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from pipeline.artifacts.base import Artifact, Float, Int, require


@dataclass(frozen=True)
class Latents(Artifact):
    """Flat latent vectors `fitted` (n, d) and `held_out` (m, d) float32; `shape` is that of one before flattening."""

    fitted: Float
    held_out: Float
    shape: list[int]

    def __post_init__(self) -> None:
        require(self.fitted.ndim == 2, f"latents have shape {self.fitted.shape}, not (n, d)")
        require(bool(np.isfinite(self.fitted).all()), "latents hold values that are not finite: training diverged")

    def metrics(self) -> dict[str, float]:
        """Return the number of latent dimensions, and of those with a standard deviation above 1e-6."""
        active = int((self.fitted.std(axis=0, dtype=np.float64) > 1e-6).sum())
        return {"latent_size": float(self.fitted.shape[1]), "latents/active_dimensions": float(active)}


@dataclass(frozen=True)
class Graph(Artifact):
    """Nearest fitted neighbours in the latent space, nearest first; a point is never its own neighbour.

    `indices` (n, k) int32 and `distances` (n, k) float32 are of the fitted points; `held_indices` and `held_distances`
    (m, k) are the fitted neighbours of the held-out points. By `metric` they are Euclidean, or 1 − cosine. `recall` in
    [0, 1] is the share of true neighbours that an approximate search returned, 1 for an exact search.

    With too many points to fit on, `landmarks` (l,) int32 are the rows to fit on, ascending, and `landmark_indices`
    and `landmark_distances` (n, k) are the nearest landmarks of every fitted point, as indices into `landmarks`.
    """

    indices: Int
    distances: Float
    held_indices: Int
    held_distances: Float
    recall: float = 1.0
    landmarks: Int | None = None
    landmark_indices: Int | None = None
    landmark_distances: Float | None = None
    metric: Literal["euclidean", "cosine"] = "euclidean"

    def __post_init__(self) -> None:
        require(self.indices.shape == self.distances.shape, "a graph needs a distance for each neighbour")

    def landmark_graph(self) -> Graph:
        """Return the graph among the landmarks, without held-out points.

        Raises:
            ValueError: this graph has no landmarks.
        """
        if self.landmarks is None or self.landmark_indices is None or self.landmark_distances is None:
            raise ValueError("this graph has no landmarks")
        indices, distances = self.landmark_indices[self.landmarks], self.landmark_distances[self.landmarks]
        return Graph(indices, distances, indices[:0], distances[:0], metric=self.metric)

    @property
    def k(self) -> int:
        """Number of neighbours per point."""
        return int(self.indices.shape[1])

    def metrics(self) -> dict[str, float]:
        """Return k, the median distance to the k-th neighbour, and the recall of an approximate search."""
        values = {"neighbors/k": float(self.k), "neighbors/median_distance": float(np.median(self.distances[:, -1]))}
        return values | ({"neighbors/recall": self.recall} if self.recall < 1 else {})
