"""Nearest neighbours: exact search, and what neighbours say about a point that was never fitted."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.artifacts.base import Float, Int
from pipeline.artifacts.latents import Graph, Latents
from pipeline.errors import UserError
from pipeline.observer import SILENT, Observer

BATCH = 4096


def exact(latents: Latents, k: int, observer: Observer = SILENT) -> Graph:
    """Return the graph of the k nearest fitted points of every point, by exhaustive search with faiss.

    O(n²·d) time and O(n·k) memory. Distances are Euclidean; ties are broken by the smaller index.
    """
    n = len(latents.fitted)
    if k >= n:
        raise UserError(f"neighbors.k = {k}: with {n} images a point has only {n - 1} neighbours; choose k < {n}")
    total = n + len(latents.held_out)
    indices, distances = search(latents.fitted, latents.fitted, k + 1, observer, 0, total)
    indices, distances = _without_self(indices, distances)
    held = search(latents.fitted, latents.held_out, k, observer, n, total)
    return Graph(indices, distances, *held)


def search(
    base: Float, queries: Float, k: int, observer: Observer = SILENT, done: int = 0, total: int | None = None
) -> tuple[Int, Float]:
    """Return indices (m, k) int32 and Euclidean distances (m, k) of the rows of `base` nearest each query.

    `done` and `total` place this search within a longer one for the observer.
    """
    import faiss

    index = faiss.IndexFlatL2(base.shape[1])
    index.add(np.ascontiguousarray(base, np.float32))
    indices = np.empty((len(queries), k), np.int32)
    distances = np.empty((len(queries), k), np.float32)
    for start in range(0, len(queries), BATCH):
        rows = slice(start, start + BATCH)
        squared, found = index.search(np.ascontiguousarray(queries[rows], np.float32), k)
        indices[rows], distances[rows] = found, np.sqrt(np.maximum(squared, 0))
        observer.progress(done + min(start + BATCH, len(queries)), total or len(queries), "points")
    return indices, distances


def _without_self(indices: Int, distances: Float) -> tuple[Int, Float]:
    """Drop each point from its own list; where duplicates pushed it out, drop the farthest instead."""
    n, width = indices.shape
    own = indices == np.arange(n)[:, None]
    own[~own.any(axis=1), -1] = True
    return indices[~own].reshape(n, width - 1), distances[~own].reshape(n, width - 1)


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
