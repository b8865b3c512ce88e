"""Spread the labels of a few images to all images over the neighbour graph.

scikit-learn's `LabelSpreading` has no prior from clusters and does not weight edges by distances in another space.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.artifacts.base import Float, Int
from pipeline.artifacts.features import Features
from pipeline.artifacts.latents import Graph
from pipeline.embedding.neighbor_weights import symmetric_adjacency

ALPHA = 0.99
"""Share of an image's label that comes from its neighbours in each iteration."""
ITERATIONS = 50
CLUSTER_PRIOR = 0.003
"""Weight of the labels in an image's cluster, relative to a label of its own."""
EDGE_BATCH = 1 << 18
"""Edges whose lengths are computed together."""


class LabelSpreader:
    """Label spreading on one graph, for any number of label sets.

    F ← α·S·F + (1 − α)·Y with S = D^−½ W D^−½ on the symmetric neighbour graph: Zhou, Bousquet, Lal, Weston,
    Schölkopf, "Learning with local and global consistency", 2004. Two things differ from the paper: an edge of length
    d in the clustered space weighs exp(−(d/m)²), m the median length, so that labels rarely cross from one cluster to
    another; and Y contains a small prior from the labels within each image's cluster.
    """

    def __init__(self, graph: Graph, features: Features, clusters: Int) -> None:
        from scipy.sparse import diags

        self.clusters = np.asarray(clusters)
        self.neighbors = np.asarray(graph.indices)
        weights = _edge_weights(symmetric_adjacency(graph), np.asarray(features.fitted, np.float32))
        scale = diags(1 / np.sqrt(np.asarray(weights.sum(axis=1)).ravel()))
        self.propagation = (scale @ weights @ scale).tocsr().astype(np.float32)

    def spread(self, rows: NDArray[np.integer[Any]], labels: Int, classes: int) -> tuple[Int, Float]:
        """Return the label (n,) and the confidence (n,) in [0, 1] of every image, from `labels` (m,) of `rows` (m,).

        Labels are numbers below `classes`. An image that no label reaches gets −1 and confidence 0. Confidence is the
        mean of two shares: of the class in F, and of the class among the image's neighbours in the latent space. The
        first alone is close to 1 almost everywhere.
        """
        prior = self._prior(rows, labels, classes)
        scores = prior.copy()
        for _ in range(ITERATIONS):
            scores = ALPHA * (self.propagation @ scores) + (1 - ALPHA) * prior
        total = scores.sum(axis=1)
        spread = np.where(total > 0, scores.argmax(axis=1), -1).astype(np.int32)
        spread[rows] = labels
        share = scores.max(axis=1) / np.maximum(total, np.finfo(np.float32).tiny)
        neighbor_share = (spread[self.neighbors] == spread[:, None]).mean(axis=1, dtype=np.float32)
        confidence = np.where(spread >= 0, (share + neighbor_share) / 2, 0).astype(np.float32)
        confidence[rows] = 1
        return spread, confidence

    def _prior(self, rows: NDArray[np.integer[Any]], labels: Int, classes: int) -> Float:
        """Return Y (n, classes): the given labels and, with a small weight, the shares of labels in each cluster."""
        counts = np.zeros((int(self.clusters.max(initial=-1)) + 2, classes), np.float32)
        np.add.at(counts, (self.clusters[rows] + 1, labels), 1)
        counts[0] = 0  # images of noise have nothing in common
        shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
        prior = CLUSTER_PRIOR * shares[self.clusters + 1]
        prior[rows] = 0
        prior[rows, labels] = 1
        return np.asarray(prior, np.float32)


def _edge_weights(adjacency: Any, points: Float) -> Any:
    """Return the graph with edges weighted by their length in the clustered space; no weight is exactly 0."""
    edges = adjacency.tocoo()
    squared = np.empty(edges.nnz, np.float32)
    for start in range(0, edges.nnz, EDGE_BATCH):
        batch = slice(start, start + EDGE_BATCH)
        squared[batch] = ((points[edges.row[batch]] - points[edges.col[batch]]) ** 2).sum(axis=1)
    edges.data = np.exp(-squared / max(float(np.median(squared)), 1e-12)) + np.float32(1e-6)
    return edges.tocsr()
