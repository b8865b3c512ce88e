"""The null models: the same images clustered in spaces that nobody trained, beside those that were."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Self

import numpy as np
from numpy.typing import NDArray

from pipeline.artifacts.base import Artifact, Int, check


@dataclass(frozen=True)
class NullClusterings(Artifact):
    """Clusterings of the same images in several spaces, of which some were never trained; no label had a part in them.

    `rows` (s,) int64 are the places of a sample among the fitted images, the same for every space, ascending;
    `clusters` (spaces, r, s) int32 its clusters by space and repeat, noise −1. `spaces` names the spaces, `dimensions`
    says in how many each was clustered, `notes` how this differs from the run's own clustering. Without null models all
    are empty.
    """

    rows: NDArray[np.int64]
    clusters: Int
    spaces: list[str]
    dimensions: list[int]
    notes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        shape = self.clusters.shape
        check(len(shape) == 3, f"clusters have shape {shape}, not (spaces, repeats, rows)")
        check((shape[0], shape[2]) == (len(self.spaces), len(self.rows)), "each space needs a cluster for each row")

    @classmethod
    def none(cls) -> Self:
        """No null models."""
        return cls(np.empty(0, np.int64), np.empty((0, 0, 0), np.int32), [], [])
