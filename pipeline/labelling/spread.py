"""From the labels of a few images to a label and a confidence for each, over the neighbour graph."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.artifacts.base import Float, Int
from pipeline.artifacts.features import Features
from pipeline.artifacts.latents import Graph
from pipeline.neighborhood import symmetric

ALPHA = 0.99
"""How much of an image's label comes from its neighbours, at each step."""
ITERATIONS = 50
PRIOR = 0.003
"""What the labels within an image's cluster weigh, where its own label would weigh 1."""


class Spreader:
    """Spreads labels over one graph, any number of times.

    Label spreading after Zhou, Bousquet, Lal, Weston, Schölkopf, "Learning with local and global consistency", 2004:
    F ← α·S·F + (1 − α)·Y with S = D^−½ W D^−½, on the symmetric neighbour graph. Two things are known here beside the
    graph: edges weigh exp(−(d/m)²), d their length in the clustered space and m its median, so that labels hardly
    cross from one cluster to another; and Y begins with what the labels within an image's cluster suggest.
    """

    def __init__(self, graph: Graph, features: Features, clusters: Int) -> None:
        from scipy.sparse import diags

        self.clusters = np.asarray(clusters)
        self.neighbours = np.asarray(graph.indices)
        weighted = _weighted(symmetric(graph), np.asarray(features.fitted, np.float32))
        scale = diags(1 / np.sqrt(np.asarray(weighted.sum(axis=1)).ravel()))
        self.step = (scale @ weighted @ scale).tocsr().astype(np.float32)

    def __call__(self, rows: NDArray[np.integer[Any]], labels: Int, classes: int) -> tuple[Int, Float]:
        """Return label (n,) and confidence (n,) in [0, 1] of all images, from the `labels` (m,) of the `rows` (m,).

        Labels are numbers below `classes`. An image that no label reaches gets −1 and confidence 0. The confidence
        is the mean of the class's share in F and of its share among the image's neighbours, which the clustered
        space had no part in: F alone is nearly always sure.
        """
        start = self._start(rows, labels, classes)
        spread = start.copy()
        for _ in range(ITERATIONS):
            spread = ALPHA * (self.step @ spread) + (1 - ALPHA) * start
        total = spread.sum(axis=1)
        found = np.where(total > 0, spread.argmax(axis=1), -1).astype(np.int32)
        found[rows] = labels
        share = spread.max(axis=1) / np.maximum(total, np.finfo(np.float32).tiny)
        agreeing = (found[self.neighbours] == found[:, None]).mean(axis=1, dtype=np.float32)
        confidence = np.where(found >= 0, (share + agreeing) / 2, 0).astype(np.float32)
        confidence[rows] = 1
        return found, confidence

    def _start(self, rows: NDArray[np.integer[Any]], labels: Int, classes: int) -> Float:
        """Y (n, classes): the given labels, and faintly for the others the shares of the labels in their cluster."""
        table = np.zeros((int(self.clusters.max(initial=-1)) + 2, classes), np.float32)
        np.add.at(table, (self.clusters[rows] + 1, labels), 1)
        table[0] = 0  # noise has nothing in common
        start = PRIOR * (table / np.maximum(table.sum(axis=1, keepdims=True), 1))[self.clusters + 1]
        start[rows] = 0
        start[rows, labels] = 1
        return np.asarray(start, np.float32)


def _weighted(joined: Any, points: Float) -> Any:
    """The graph with each edge weighted by how near its ends are in the clustered space; none is quite 0."""
    edges = joined.tocoo()
    squared = np.empty(edges.nnz, np.float32)
    for start in range(0, edges.nnz, 1 << 18):
        part = slice(start, start + (1 << 18))
        squared[part] = ((points[edges.row[part]] - points[edges.col[part]]) ** 2).sum(axis=1)
    edges.data = np.exp(-squared / max(float(np.median(squared)), 1e-12)) + np.float32(1e-6)
    return edges.tocsr()
