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
    are the fitted neighbours of the held-out points.
    """

    indices: Int
    distances: Float
    held_indices: Int
    held_distances: Float

    def __post_init__(self) -> None:
        check(self.indices.shape == self.distances.shape, "a graph needs a distance for each neighbour")

    @property
    def k(self) -> int:
        """Neighbours a point."""
        return int(self.indices.shape[1])

    def metrics(self) -> dict[str, float]:
        """Summarise how far neighbours are."""
        return {"neighbors/k": float(self.k), "neighbors/median_distance": float(np.median(self.distances[:, -1]))}
