"""Coordinates made of the latents: those that are clustered, and those that are looked at."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from pipeline.artifacts.base import Artifact, Float, Int, check
from pipeline.artifacts.latents import Graph, Latents


@dataclass(frozen=True)
class Features(Artifact):
    """What is clustered or drawn: coordinates `fitted` (n, p) and `held_out` (m, p) float32, and their method.

    A linear method keeps `mean` (d,) and `components` (p, d) and places new points exactly; `latents` leaves them
    as they are; any other method puts a new point at the weighted mean of its fitted neighbours. Where `first` is a
    number, the method itself gave only that many of the fitted points, the first, and the others were placed so too.
    """

    fitted: Float
    held_out: Float
    method: str
    mean: Float | None = None
    components: Float | None = None
    first: int | None = None

    def __post_init__(self) -> None:
        check(bool(np.isfinite(self.fitted).all()), f"{self.method} gave coordinates that are not finite")

    @property
    def exact(self) -> bool:
        """Whether new points are placed by the method itself, not between their neighbours."""
        return self.method == "latents" or self.components is not None

    def place(self, latents: Float, indices: Int, distances: Float) -> Float:
        """Return coordinates (m, p) of new `latents` (m, d) whose fitted neighbours (m, k) are given."""
        from pipeline.neighborhood import barycentre

        if not len(latents):
            return np.empty((0, self.fitted.shape[1]), np.float32)
        if self.method == "latents":
            return np.asarray(latents, np.float32)
        if self.mean is not None and self.components is not None:
            return np.asarray((latents - self.mean) @ self.components.T, np.float32)
        return barycentre(self.fitted, indices, distances)

    def with_held_out(self, latents: Latents, graph: Graph) -> Self:
        """Return the same with the held-out points placed."""
        return replace(self, held_out=self.place(latents.held_out, graph.held_indices, graph.held_distances))


class Map(Features):
    """Features in two dimensions, for looking."""
