"""How the clusters of one run map onto those of another, and which images went elsewhere."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline import metrics
from pipeline.artifacts.base import Int

Counts = NDArray[np.int64]


@dataclass(frozen=True)
class Overlap:
    """Counts (a, b) of images by cluster of the first and of the second run, and what follows from them.

    `first` and `second` name the rows and columns, noise (−1) last where there is any. `partner[i]` is the column
    that row i is matched with, −1 where there is none.
    """

    counts: Counts
    first: list[int]
    second: list[int]
    partner: Int
    stayed: NDArray[np.bool_]

    def metrics(self) -> dict[str, float]:
        """Agreement of the two clusterings: share of images that stayed, ARI and NMI, noise as one more cluster."""
        table = metrics.Contingency(
            self.counts, np.zeros(len(self.first), np.int64), np.array(self.first), np.array(self.second)
        )
        return {
            "compare/images": float(len(self.stayed)),
            "compare/stayed": float(self.stayed.mean()),
            "compare/ari": metrics.ari_score(table),
            "compare/nmi": metrics.nmi_score(table),
        }


def overlap(one: Int, two: Int) -> Overlap:
    """Return the overlap of two clusterings (n,) of the same images.

    Clusters are matched one to one so that as many images as possible stay (the Hungarian algorithm); noise is matched
    with noise alone.
    """
    from scipy.optimize import linear_sum_assignment

    first, second = _names(one), _names(two)
    row, column = ({name: i for i, name in enumerate(names)} for names in (first, second))
    rows, columns = np.array([row[c] for c in one.tolist()]), np.array([column[c] for c in two.tolist()])
    counts = np.zeros((len(first), len(second)), np.int64)
    np.add.at(counts, (rows, columns), 1)
    partner = np.full(len(first), -1, np.int32)
    real = counts[: len(first) - (-1 in row), : len(second) - (-1 in column)]
    for i, j in zip(*linear_sum_assignment(real, maximize=True), strict=True):
        partner[i] = j if real[i, j] else -1
    if -1 in row and -1 in column:
        partner[row[-1]] = column[-1]
    return Overlap(counts, first, second, partner, partner[rows] == columns)


def _names(clusters: Int) -> list[int]:
    found = np.unique(clusters).tolist()
    return [*(name for name in found if name >= 0), *(name for name in found if name < 0)]
