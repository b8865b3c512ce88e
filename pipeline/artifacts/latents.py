"""The latent space: the codes, and the graph of their nearest neighbours that all later stages share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.artifacts.base import Artifact, Float, Int, check


@dataclass(frozen=True)
class Latents(Artifact):
    """The bottleneck, flattened: `fitted` (n, d) and `held_out` (m, d) float32; `shape` is one code's own shape."""

    fitted: Float
    held_out: Float
    shape: list[int]

    def __post_init__(self) -> None:
        check(self.fitted.ndim == 2, f"latents have shape {self.fitted.shape}, not (n, d)")
        check(bool(np.isfinite(self.fitted).all()), "latents hold values that are not finite: training diverged")

    def metrics(self) -> dict[str, float]:
        """Report the latent size and how many of its dimensions carry any variance."""
        active = int((self.fitted.std(axis=0) > 1e-6).sum())
        return {"latent_size": float(self.fitted.shape[1]), "latents/active_dimensions": float(active)}


@dataclass(frozen=True)
class Graph(Artifact):
    """Nearest fitted neighbours in the latent space, nearest first, a point never its own neighbour.

    `indices` (n, k) int32 and `distances` (n, k) float32, Euclidean; `held_indices` and `held_distances` (m, k)
    are the fitted neighbours of the held-out points. `recall` is the share in [0, 1] of the true neighbours that an
    approximate search found.

    Where there are too many points to fit everything on, `landmarks` (l,) are the rows of those to fit on, ascending;
    `landmark_indices` and `landmark_distances` (n, k) are every fitted point's nearest landmarks, as places among them.
    """

    indices: Int
    distances: Float
    held_indices: Int
    held_distances: Float
    recall: float = 1.0
    landmarks: Int | None = None
    landmark_indices: Int | None = None
    landmark_distances: Float | None = None

    def __post_init__(self) -> None:
        check(self.indices.shape == self.distances.shape, "a graph needs a distance for each neighbour")

    def among_landmarks(self) -> Graph:
        """Return the landmarks' own graph, nothing held out."""
        if self.landmarks is None or self.landmark_indices is None or self.landmark_distances is None:
            raise ValueError("this graph has no landmarks")
        indices, distances = self.landmark_indices[self.landmarks], self.landmark_distances[self.landmarks]
        return Graph(indices, distances, indices[:0], distances[:0])

    @property
    def k(self) -> int:
        """Neighbours a point."""
        return int(self.indices.shape[1])

    def metrics(self) -> dict[str, float]:
        """Summarise how far neighbours are, and how many of them an approximate search found."""
        found = {"neighbors/k": float(self.k), "neighbors/median_distance": float(np.median(self.distances[:, -1]))}
        return found | ({"neighbors/recall": self.recall} if self.recall < 1 else {})
