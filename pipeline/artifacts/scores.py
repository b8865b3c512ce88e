"""All scores of a run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.artifacts.base import Artifact


@dataclass(frozen=True)
class Scores(Artifact):
    """All scores: `values` by name, `clusters` with a table row per cluster, and the contingency matrix.

    `contingency` (classes, clusters) int64 counts fitted images and is empty without labels. `columns` are its
    clusters; if there is noise, it is the last column, −1. `baselines` has a table row per space, `baseline_notes` how
    the baselines differ from the run. `notes` lists scores that were left out or measured on a sample.
    """

    values: dict[str, float]
    clusters: list[dict[str, float]]
    contingency: NDArray[np.int64]
    columns: list[int]
    notes: list[str] = field(default_factory=list)
    baselines: list[dict[str, Any]] = field(default_factory=list)
    baseline_notes: list[str] = field(default_factory=list)

    def metrics(self) -> dict[str, float]:
        """Return all scores by name."""
        return self.values
