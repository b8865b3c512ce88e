"""What a comparison takes of each run, and which images the two have in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.artifacts.base import Float, Int, Pixel
from pipeline.artifacts.clustering import Clustering
from pipeline.artifacts.images import Images
from pipeline.errors import UserError

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Side:
    """One run: its name and id, its scores and settings, its images and their clusters."""

    name: str
    run_id: str
    scores: Mapping[str, float]
    settings: Mapping[str, Any]
    images: Images
    clustering: Clustering

    @property
    def pixels(self) -> Pixel:
        """All images that have a cluster: the fitted ones, then those held out."""
        return np.concatenate([self.images.fitted, self.images.held_out])

    @property
    def names(self) -> list[str]:
        """A name for each of `pixels`."""
        held = self.images.names("test") if len(self.images.held_out) else []
        if not held or self.images.paths:
            return [*self.images.names(self.images.split), *held]
        return [f"{part}/{name}" for part in ("train", "test") for name in self.images.names(part)]

    @property
    def clusters(self) -> Int:
        """The cluster of each of `pixels`, −1 for noise."""
        return np.concatenate([self.clustering.fitted, self.clustering.held_out])

    @property
    def confidence(self) -> Float:
        """How sure each of `clusters` is."""
        return np.concatenate([self.clustering.confidence, self.clustering.held_confidence])


def common(first: Side, second: Side) -> tuple[Rows, Rows]:
    """Return the rows of the images that both runs have: the same pixels, or where sizes differ the same files.

    Raises:
        UserError: the runs have no image in common.
    """
    same_shape = first.images.shape == second.images.shape and first.pixels.dtype == second.pixels.dtype
    if same_shape and first.images.digest == second.images.digest and first.images.digest:
        rows = np.arange(len(first.pixels))
        return rows, rows
    one, two = (_keys(side, same_shape) for side in (first, second))
    place = {key: row for row, key in reversed(list(enumerate(two)))}
    pairs = [(row, place[key]) for row, key in enumerate(one) if key in place]
    if not pairs:
        raise UserError(
            f"runs: {first.run_id} and {second.run_id} have no image in common; choose runs on one data set"
        )
    rows = np.array(pairs, np.int64)
    return rows[:, 0], rows[:, 1]


def _keys(side: Side, by_pixels: bool) -> list[Any]:
    if by_pixels:
        return [image.tobytes() for image in side.pixels]
    return side.names if side.images.paths else []
