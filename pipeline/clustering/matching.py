"""How the clusters of one clustering map onto those of another of the same images."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.artifacts.base import Int
from pipeline.clustering import metrics

Counts = NDArray[np.int64]


@dataclass(frozen=True)
class ClusterMatching:
    """Counts (a, b) int64 of images by cluster of the first and of the second clustering, and the matching.

    `first` and `second` are the clusters of the rows and columns, noise (−1) last if there is any. `partner` (a,) int32
    is the column that each row is matched with, −1 if none. `stayed` (n,) bool tells which images are in the partner of
    their first cluster.
    """

    counts: Counts
    first: list[int]
    second: list[int]
    partner: Int
    stayed: NDArray[np.bool_]

    def metrics(self) -> dict[str, float]:
        """Return the agreement: share of images that stayed, ARI and NMI, with noise as one more cluster."""
        table = metrics.Contingency(
            self.counts, np.zeros(len(self.first), np.int64), np.array(self.first), np.array(self.second)
        )
        return {
            "compare/images": float(len(self.stayed)),
            "compare/stayed": float(self.stayed.mean()),
            "compare/ari": metrics.ari_score(table),
            "compare/nmi": metrics.nmi_score(table),
        }


def match_clusters(first: Int, second: Int) -> ClusterMatching:
    """Return the matching of two clusterings (n,) of the same images.

    Clusters are matched one to one so that as many images as possible stay (the Hungarian algorithm, Kuhn 1955); noise
    is matched with noise only.
    """
    from scipy.optimize import linear_sum_assignment

    first_clusters, second_clusters = _noise_last(first), _noise_last(second)
    row_of = {cluster: row for row, cluster in enumerate(first_clusters)}
    column_of = {cluster: column for column, cluster in enumerate(second_clusters)}
    rows = np.array([row_of[cluster] for cluster in first.tolist()])
    columns = np.array([column_of[cluster] for cluster in second.tolist()])
    counts = np.zeros((len(first_clusters), len(second_clusters)), np.int64)
    np.add.at(counts, (rows, columns), 1)
    partner = np.full(len(first_clusters), -1, np.int32)
    without_noise = counts[: len(first_clusters) - (-1 in row_of), : len(second_clusters) - (-1 in column_of)]
    for row, column in zip(*linear_sum_assignment(without_noise, maximize=True), strict=True):
        partner[row] = column if without_noise[row, column] else -1
    if -1 in row_of and -1 in column_of:
        partner[row_of[-1]] = column_of[-1]
    return ClusterMatching(counts, first_clusters, second_clusters, partner, partner[rows] == columns)


def _noise_last(clusters: Int) -> list[int]:
    """The distinct clusters in ascending order, noise last."""
    names = np.unique(clusters).tolist()
    return [*(name for name in names if name >= 0), *(name for name in names if name < 0)]
