"""Clusterings of the same images in untrained and trained spaces, so that training can be compared with none."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Self

import numpy as np
from numpy.typing import NDArray

from pipeline.artifacts.base import Artifact, Int, require


@dataclass(frozen=True)
class BaselineClusterings(Artifact):
    """Clusterings of one sample of the fitted images in several spaces, some of them untrained, without labels.

    `rows` (s,) int64 are the indices of the sample among the fitted images, ascending, the same for every space.
    `clusters` (spaces, repeats, s) int32 are the clusters by space and repeat, noise −1. `spaces` are the names of the
    spaces, `dimensions` their numbers of dimensions when they were clustered, `notes` the differences from the run's
    own clustering. All are empty if baselines are turned off.
    """

    rows: NDArray[np.int64]
    clusters: Int
    spaces: list[str]
    dimensions: list[int]
    notes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        shape = self.clusters.shape
        require(len(shape) == 3, f"clusters have shape {shape}, not (spaces, repeats, rows)")
        require((shape[0], shape[2]) == (len(self.spaces), len(self.rows)), "each space needs a cluster for each row")

    @classmethod
    def none(cls) -> Self:
        """Return an artifact without baselines."""
        return cls(np.empty(0, np.int64), np.empty((0, 0, 0), np.int32), [], [])
