"""The nearest-neighbour graph by faiss: exact or approximate, with landmarks if there are too many points to fit on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from pipeline.artifacts.base import Float, Int
from pipeline.artifacts.latents import Graph, Latents
from pipeline.embedding.metric import (
    Metric,
    normalize_latents,
    to_cosine_distance,
    to_unit_length,
    with_cosine_distances,
)
from pipeline.runtime.errors import ArgumentError
from pipeline.runtime.limits import lower_to_limit
from pipeline.runtime.observer import SILENT, Observer
from pipeline.runtime.sampling import sample_rows

BATCH = 4096
"""Number of queries searched at a time, between two reports of progress."""

RECALL_SAMPLE = 1000
"""Number of points on which the recall of an approximate search is measured."""

TRAINING_POINTS_PER_CELL = 64
"""Largest number of points per cell that faiss trains the cells of the inverted file on."""

FAR = 100
"""Points are centred for a search if the squared norm of their mean is greater than this multiple of their variance."""

FAR_SAMPLE = 10_000
"""Number of points from which mean and variance are computed for that."""

MIN_POINTS_PER_CELL = 39
"""Smallest average number of points per cell; faiss warns of too few training points below it."""


def exact(latents: Latents, k: int, metric: Metric = "euclidean", observer: Observer = SILENT) -> Graph:
    """Return the graph of the k nearest fitted points of every point, by exhaustive search.

    Distances are Euclidean, or 1 − cosine with `metric="cosine"`; ties are broken by the smaller index. O(n²·d) time
    and O(n·k) memory. With n ≤ k fitted points, all n − 1 others are neighbours, and the observer gets a note.
    """
    if metric == "cosine":
        return with_cosine_distances(exact(normalize_latents(latents, observer), k, observer=observer))
    n = len(latents.fitted)
    k = lower_to_limit("neighbors.k", k, n - 1, n, observer)
    return _search_graph(_flat_index(latents.fitted), latents, k, observer)


def approximate(
    latents: Latents,
    k: int,
    exact_up_to: int = 200_000,
    probes: int = 32,
    landmarks: int | None = None,
    metric: Metric = "euclidean",
    observer: Observer = SILENT,
    seed: int = 0,
) -> Graph:
    """Return the graph of approximately the k nearest fitted points of every point, with landmarks if asked for.

    Up to `exact_up_to` points the search is exact. Beyond, the points are divided into 4·√n cells by k-means of a
    sample, and a query searches the `probes` nearest cells: O(n^1.5·d) time. The recall, the share of true neighbours
    that the search returns, is measured on 1,000 points and noted. Held-out points are always searched exactly, so
    that they get the neighbours that the assigner gives to new images. `landmarks` points are drawn at random as those
    to fit on, and every point's nearest landmarks are added; there are none if there are no more points than that.
    With n ≤ k fitted points, all n − 1 others are neighbours, and the observer gets a note. Source: Jégou, Douze,
    Schmid, "Product quantization for nearest neighbor search", 2011 (the inverted file).
    """
    if metric == "cosine":
        unit = normalize_latents(latents, observer)
        graph = approximate(unit, k, exact_up_to, probes, landmarks, observer=observer, seed=seed)
        return with_cosine_distances(graph)
    n = len(latents.fitted)
    k = lower_to_limit("neighbors.k", k, n - 1, n, observer)
    if n <= exact_up_to:
        graph = exact(latents, k, observer=observer)
    else:
        graph = _search_graph(_inverted_file(latents.fitted, probes, seed), latents, k, observer)
        graph = replace(graph, recall=_measure_recall(latents, graph, seed))
        observer.note(f"approximate neighbours: recall {graph.recall:.1%}, measured on {RECALL_SAMPLE:,} images")
    if landmarks is None or landmarks >= n:
        return graph
    rows = sample_rows(n, landmarks, seed).astype(np.int32)
    observer.note(f"manifold, map and clusters are fitted on {landmarks:,} landmarks drawn at random from {n:,} images")
    return replace(graph, **_nearest_landmarks(latents.fitted, rows, k, observer))


def search_neighbors(
    base: Float,
    queries: Float,
    k: int,
    observer: Observer = SILENT,
    done: int = 0,
    total: int | None = None,
    metric: Metric = "euclidean",
) -> tuple[Int, Float]:
    """Return indices (m, k) int32 and distances (m, k) float32 of the rows of `base` nearest each query.

    `base` is (n, d), `queries` (m, d). Distances are Euclidean, or 1 − cosine with `metric="cosine"`. `done` and
    `total` place this search within a longer one for the observer.

    Raises:
        ArgumentError: there are fewer than k rows.
    """
    if k > len(base):
        raise ArgumentError(f"k = {k}: there are only {len(base)} points to search; choose k <= {len(base)}")
    total = total or len(queries)
    if metric == "cosine":
        base, queries = to_unit_length(base), to_unit_length(queries)
        indices, distances = _search(_flat_index(base), queries, k, observer, done, total)
        return indices, to_cosine_distance(distances)
    return _search(_flat_index(base), queries, k, observer, done, total)


def _search_graph(index: Any, latents: Latents, k: int, observer: Observer) -> Graph:
    """The graph of every point's k nearest, of fitted points in a faiss index of them.

    Held-out points are searched exactly, as the assigner will search new images.
    """
    n, total = len(latents.fitted), len(latents.fitted) + len(latents.held_out)
    indices, distances = _search(index, latents.fitted, k + 1, observer, 0, total)
    _complete(indices, distances, latents.fitted, observer)
    indices, distances = without_self(indices, distances, np.arange(n, dtype=np.int32))
    return Graph(indices, distances, *search_neighbors(latents.fitted, latents.held_out, k, observer, n, total))


def _nearest_landmarks(points: Float, rows: Int, k: int, observer: Observer) -> dict[str, Any]:
    """The k landmarks (n, k) nearest each point, the point itself excepted, as fields of a graph."""
    k = min(k, len(rows) - 1)
    indices, distances = search_neighbors(points[rows], points, k + 1, observer)
    self_indices = np.full(len(points), -1, np.int32)
    self_indices[rows] = np.arange(len(rows), dtype=np.int32)
    indices, distances = without_self(indices, distances, self_indices)
    return {"landmarks": rows, "landmark_indices": indices, "landmark_distances": distances}


def _measure_recall(latents: Latents, graph: Graph, seed: int) -> float:
    """The share of the true k neighbours that the graph has, on a sample."""
    rows = sample_rows(len(latents.fitted), RECALL_SAMPLE, seed)
    # The true list holds the point itself, which is not in the graph's.
    true_indices, _ = search_neighbors(latents.fitted, latents.fitted[rows], graph.k + 1)
    hits = [np.isin(row, true_row).sum() for row, true_row in zip(graph.indices[rows], true_indices, strict=True)]
    return float(np.mean(hits) / graph.k)


def _search(
    index: _CentredIndex, queries: Float, k: int, observer: Observer, done: int, total: int
) -> tuple[Int, Float]:
    """Indices and distances (m, k) of the points of a faiss index nearest each query, in batches."""
    indices = np.empty((len(queries), k), np.int32)
    distances = np.empty((len(queries), k), np.float32)
    for start in range(0, len(queries), BATCH):
        rows = slice(start, start + BATCH)
        squared, indices[rows] = index.search(np.ascontiguousarray(queries[rows], np.float32), k)
        distances[rows] = np.sqrt(np.maximum(squared, 0))
        observer.progress(done + min(start + BATCH, len(queries)), total, "points")
    return indices, distances


def _complete(indices: Int, distances: Float, points: Float, observer: Observer) -> None:
    """Search the neighbours (n, k) of those `points` exactly for which faiss returned −1: their cells hold too few."""
    rows = np.flatnonzero((indices < 0).any(axis=1))
    if len(rows):
        indices[rows], distances[rows] = search_neighbors(points, points[rows], indices.shape[1])
        observer.note(
            f"approximate neighbours: {len(rows):,} images were searched exactly, because the neighbors.probes cells "
            f"nearest them hold fewer than neighbors.k = {indices.shape[1] - 1} other images"
        )


class _CentredIndex:
    """A faiss index of points less an offset, which it subtracts from queries too; None: of the points themselves."""

    def __init__(self, index: Any, offset: Float | None) -> None:
        self.index, self.offset = index, offset

    def search(self, queries: Float, k: int) -> tuple[Any, Any]:
        return self.index.search(_subtract(queries, self.offset), k)  # type: ignore[no-any-return]


def _far_offset(points: Float) -> Float | None:
    """The mean (d,) of a sample of the points if they lie far from the origin, else None.

    faiss computes squared distances from squared norms, in float32. Their error is about 1e-7 of the squared norm,
    which hides the distances between points whose mean is much larger than their spread.
    """
    sample = np.asarray(points[:: len(points) // FAR_SAMPLE + 1], np.float64)
    mean = sample.mean(axis=0)
    return mean.astype(np.float32) if (mean**2).sum() > FAR * sample.var(axis=0).sum() else None


def _subtract(points: Float, offset: Float | None) -> Float:
    return np.ascontiguousarray(points if offset is None else points - offset, np.float32)


def _flat_index(points: Float) -> _CentredIndex:
    import faiss

    offset = _far_offset(points)
    index = faiss.IndexFlatL2(points.shape[1])
    index.add(_subtract(points, offset))
    return _CentredIndex(index, offset)


def _inverted_file(points: Float, probes: int, seed: int) -> _CentredIndex:
    """An inverted file of the points with 4·√n cells, fewer for few points, of which a query searches `probes`."""
    import faiss

    n, dimensions = points.shape
    n_cells = max(min(int(4 * np.sqrt(n)), n // MIN_POINTS_PER_CELL), 1)
    index = faiss.IndexIVFFlat(faiss.IndexFlatL2(dimensions), dimensions, n_cells)
    index.cp.seed, index.cp.max_points_per_centroid = seed % 2**31, TRAINING_POINTS_PER_CELL
    index.nprobe = probes
    offset = _far_offset(points)
    values = _subtract(points, offset)
    index.train(values)
    index.add(values)
    return _CentredIndex(index, offset)


def without_self(indices: Int, distances: Float, self_indices: Int) -> tuple[Int, Float]:
    """Drop each point's own index (n,) from its list; if duplicates displaced it, drop the farthest neighbour."""
    n, width = indices.shape
    is_self = indices == self_indices[:, None]
    is_self[~is_self.any(axis=1), -1] = True
    return indices[~is_self].reshape(n, width - 1), distances[~is_self].reshape(n, width - 1)
