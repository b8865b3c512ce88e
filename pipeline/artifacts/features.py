"""Coordinates computed from the latents: the features that are clustered, and the map."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.artifacts.base import Artifact, Float, require


@dataclass(frozen=True)
class Features(Artifact):
    """Coordinates `fitted` (n, p) and `held_out` (m, p) float32, and the name of the `method` that computed them.

    A linear method stores `mean` (d,) and `components` (p, d) to transform new points; `latents` leaves points as they
    are; any other method places a new point at the weighted mean of its fitted neighbours. If `first` is not None, the
    method embedded only the first `first` fitted points, and the others were placed at such a mean.
    """

    fitted: Float
    held_out: Float
    method: str
    mean: Float | None = None
    components: Float | None = None
    first: int | None = None

    def __post_init__(self) -> None:
        require(bool(np.isfinite(self.fitted).all()), f"{self.method} gave coordinates that are not finite")

    @property
    def can_transform(self) -> bool:
        """Whether the method itself transforms new points, so that they are not placed between their neighbours."""
        return self.method == "latents" or self.components is not None


class Map(Features):
    """Features in two dimensions, to be drawn."""
