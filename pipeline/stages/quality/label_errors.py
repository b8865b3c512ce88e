"""Possible label errors: images whose label is not that of their neighbours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.artifacts.base import Float, Int
from pipeline.artifacts.latents import Graph
from pipeline.embedding.neighbor_weights import label_shares

BATCH = 4096
"""Images scored at a time, to bound memory."""


@dataclass(frozen=True)
class LabelErrors:
    """A score (n,) float32 in [0, 1] of each image, its rank (n,) from 1, and the label that its neighbours suggest.

    The score is NaN, the rank 0 and the suggestion −1 where the image or all its neighbours have no label. Above 0.5,
    another label has more weight among the neighbours than the image's own.
    """

    scores: Float
    ranks: Int
    suggestions: Int

    @property
    def order(self) -> Int:
        """Rows of the images with a score, the most suspicious first."""
        rows = np.flatnonzero(self.ranks > 0)
        return rows[np.argsort(self.ranks[rows])].astype(np.int32)

    @property
    def count(self) -> int:
        """Number of images with another label than their neighbours suggest: a score above 0.5."""
        return int((self.scores > 0.5).sum())


def rank_label_errors(labels: Int, graph: Graph) -> LabelErrors:
    """Return how much the label of each image (n,), −1 if unknown, differs from those of its neighbours.

    With p(c) the share of label c among an image's labelled neighbours, weighted by distance, and y its own label, the
    score is (1 + max p(c ≠ y) − p(y)) / 2: one minus the normalized margin by which Northcutt, Jiang and Chuang,
    "Confident Learning: Estimating Uncertainty in Dataset Labels", 2021, rank label errors, with neighbours in place
    of a classifier. An image does not vote for itself. Images of equal score keep their order. Limitation: wrong labels
    that are frequent in a region, such as those of many copies of an image, confirm each other.
    """
    labels = np.asarray(labels)
    scores, suggestions = np.full(len(labels), np.nan, np.float32), np.full(len(labels), -1, np.int32)
    for start in range(0, len(labels), BATCH):
        rows = start + np.flatnonzero(labels[start : start + BATCH] >= 0)
        shares = label_shares(labels, np.asarray(graph.indices[rows]), np.asarray(graph.distances[rows]))[:, 1:]
        total = shares.sum(axis=1)
        is_known = total > 0
        rows, shares = rows[is_known], shares[is_known] / total[is_known, None]
        index = np.arange(len(rows))
        same = shares[index, labels[rows]].copy()
        suggestions[rows] = shares.argmax(axis=1)
        shares[index, labels[rows]] = 0
        scores[rows] = (1 + shares.max(axis=1) - same) / 2
    order = np.argsort(-scores, kind="stable")  # NaN comes last
    ranks = np.empty(len(labels), np.int32)
    ranks[order] = np.arange(1, len(labels) + 1)
    ranks[np.isnan(scores)] = 0
    return LabelErrors(scores, ranks, suggestions)
