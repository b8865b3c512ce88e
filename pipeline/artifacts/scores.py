"""Everything that was measured of a run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.artifacts.base import Artifact


@dataclass(frozen=True)
class Scores(Artifact):
    """Everything measured: `values` by name, a table row per cluster, and the contingency matrices.

    `contingency` (classes, clusters) int64 counts fitted images; where noise exists it is the last column,
    as `columns` says. It is empty without labels. `nulls` has a table row per space of the null models, and
    `null_notes` says how those were made. `notes` says what was left out or measured on a sample.
    """

    values: dict[str, float]
    clusters: list[dict[str, float]]
    contingency: NDArray[np.int64]
    columns: list[int]
    notes: list[str] = field(default_factory=list)
    nulls: list[dict[str, Any]] = field(default_factory=list)
    null_notes: list[str] = field(default_factory=list)

    def metrics(self) -> dict[str, float]:
        """All scores."""
        return self.values
