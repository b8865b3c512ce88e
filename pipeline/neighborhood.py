"""What neighbours say: about a point that was never fitted, and about how the points hang together."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.artifacts.base import Float, Int
from pipeline.artifacts.latents import Graph


def weights(distances: Float) -> Float:
    """Return weights (m, k) that fall off with distance and sum to 1.

    A Gaussian of half the distance to the k-th neighbour, after the nearest one's distance is subtracted, as in
    UMAP's local metric: in sparse regions all neighbours still count.
    """
    nearest, farthest = distances[:, :1], distances[:, -1:]
    spread = np.maximum(farthest - nearest, 1e-12)
    raw = np.exp(-0.5 * ((distances - nearest) / (0.5 * spread)) ** 2)
    return np.asarray(raw / raw.sum(axis=1, keepdims=True), np.float32)


def vote(labels: Int, indices: Int, distances: Float) -> tuple[Int, Float]:
    """Return the cluster (m,) that the weighted neighbours of each point agree on, and their share (m,) in [0, 1]."""
    share = shares(labels, indices, distances)
    best = share.argmax(axis=1)
    # Column 0 is noise, label −1.
    return (best - 1).astype(np.int32), np.minimum(share[np.arange(len(best)), best], np.float32(1))


def shares(labels: Int, indices: Int, distances: Float) -> Float:
    """Return the weighted share (m, k + 1) of each label among each point's neighbours, noise in column 0."""
    width = int(labels.max(initial=0)) + 2
    share = np.zeros((len(indices), width), np.float32)
    rows = np.repeat(np.arange(len(indices))[:, None], indices.shape[1], axis=1)
    np.add.at(share, (rows, labels[indices] + 1), weights(distances))
    return share


def barycentre(coordinates: Float, indices: Int, distances: Float) -> Float:
    """Return coordinates (m, p) of points that were not embedded: the weighted mean of their neighbours'."""
    placed: NDArray[np.float32] = np.einsum("mk,mkp->mp", weights(distances), np.asarray(coordinates)[indices])
    return placed.astype(np.float32)


def symmetric(graph: Graph):  # type: ignore[no-untyped-def]  # scipy has no types
    """Return the n × n sparse 0/1 matrix in which i and j are joined if either is among the other's neighbours."""
    from scipy.sparse import csr_matrix

    n, k = graph.indices.shape
    ones = np.ones(n * k, np.float32)
    directed = csr_matrix((ones, np.asarray(graph.indices).ravel(), np.arange(0, n * k + 1, k)), shape=(n, n))
    return directed.maximum(directed.T)
