"""Weights of neighbours, what they predict for a new point, and the graph as a sparse matrix."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.artifacts.base import Float, Int
from pipeline.artifacts.latents import Graph


def gaussian_weights(distances: Float) -> Float:
    """Return weights (m, k) float32 that fall with `distances` (m, k), nearest first, and sum to 1 in each row.

    They are a Gaussian of the distance less that of the nearest neighbour, with half the difference between the k-th
    and the nearest distance as its standard deviation. As in UMAP's local metric, all neighbours count in sparse
    regions too.
    """
    nearest, farthest = distances[:, :1], distances[:, -1:]
    spread = np.maximum(farthest - nearest, 1e-12)
    weights = np.exp(-0.5 * ((distances - nearest) / (0.5 * spread)) ** 2)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True), np.float32)


def vote_labels(labels: Int, indices: Int, distances: Float) -> tuple[Int, Float]:
    """Return the label (m,) int32 with the greatest weight among each point's neighbours, and its share (m,) in [0, 1].

    `labels` (n,) are those of the fitted points, noise −1; `indices` and `distances` (m, k) are the neighbours. Noise
    votes too. Of equal shares the smaller label wins.
    """
    shares = label_shares(labels, indices, distances)
    best = shares.argmax(axis=1)
    # Column 0 is noise, label −1.
    return (best - 1).astype(np.int32), np.minimum(shares[np.arange(len(best)), best], np.float32(1))


def label_shares(labels: Int, indices: Int, distances: Float) -> Float:
    """Return the weighted share (m, k + 1) float32 of each of k labels among each point's neighbours.

    Column 0 is noise, column i + 1 is label i. Arguments as for `vote_labels`.
    """
    n_columns = int(labels.max(initial=0)) + 2
    shares = np.zeros((len(indices), n_columns), np.float32)
    rows = np.repeat(np.arange(len(indices))[:, None], indices.shape[1], axis=1)
    np.add.at(shares, (rows, labels[indices] + 1), gaussian_weights(distances))
    return shares


def weighted_mean(coordinates: Float, indices: Int, distances: Float) -> Float:
    """Return the weighted mean (m, p) float32 of the `coordinates` (n, p) of each point's neighbours (m, k)."""
    means: NDArray[np.float32] = np.einsum("mk,mkp->mp", gaussian_weights(distances), np.asarray(coordinates)[indices])
    return means.astype(np.float32)


def symmetric_adjacency(graph: Graph) -> Any:  # scipy has no types
    """Return the sparse (n, n) 0/1 matrix in which i and j are joined if either is among the other's neighbours."""
    from scipy.sparse import csr_matrix

    n, k = graph.indices.shape
    ones = np.ones(n * k, np.float32)
    directed = csr_matrix((ones, np.asarray(graph.indices).ravel(), np.arange(0, n * k + 1, k)), shape=(n, n))
    return directed.maximum(directed.T)


def connected_adjacency(graph: Graph) -> Any:
    """Return the symmetric adjacency with its components joined in a chain by weak edges (0.001).

    scikit-learn's graph clusterers would join components of an unconnected graph themselves, with a warning.
    """
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import connected_components

    adjacency = symmetric_adjacency(graph)
    n_components, component = connected_components(adjacency, directed=False)
    if n_components == 1:
        return adjacency
    first = np.array([np.argmax(component == i) for i in range(n_components)])
    ends = np.concatenate([first[:-1], first[1:]]), np.concatenate([first[1:], first[:-1]])
    bridges = csr_matrix((np.full(len(ends[0]), 1e-3, np.float32), ends), shape=adjacency.shape)
    return adjacency.maximum(bridges)
