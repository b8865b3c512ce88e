"""The nearest-neighbour graph: exact or approximate, and with landmarks where there are too many points to fit on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from pipeline.artifacts.base import Float, Int
from pipeline.artifacts.latents import Graph, Latents
from pipeline.errors import ArgumentError
from pipeline.observer import SILENT, Observer
from pipeline.sampling import drawn

BATCH = 4096
CHECKED = 1000


def exact(latents: Latents, k: int, observer: Observer = SILENT) -> Graph:
    """Return the graph of the k nearest fitted points of every point, by exhaustive search with faiss.

    O(n²·d) time and O(n·k) memory. Distances are Euclidean; ties are broken by the smaller index.
    """
    _enough(latents, k)
    return _graph(_flat(latents.fitted), latents, k, observer)


def approximate(
    latents: Latents,
    k: int,
    exact_up_to: int = 200_000,
    probes: int = 32,
    landmarks: int | None = None,
    observer: Observer = SILENT,
    seed: int = 0,
) -> Graph:
    """Return the graph of nearly the k nearest fitted points of every point, and the nearest of so many landmarks.

    Beyond `exact_up_to` points faiss searches only the `probes` nearest of 4·√n cells, the k-means cells of a sample:
    O(n^1.5·d) time. The share of true neighbours that it finds is measured on 1,000 points and noted. Landmarks are
    drawn at random; where there are no more points than that, there are none. Source: Jégou, Douze, Schmid, "Product
    quantization for nearest neighbor search", 2011 (the inverted file).
    """
    _enough(latents, k)
    n = len(latents.fitted)
    if n <= exact_up_to:
        graph = exact(latents, k, observer)
    else:
        graph = _graph(_cells(latents.fitted, probes, seed), latents, k, observer)
        graph = replace(graph, recall=_recall(latents, graph, seed))
        observer.note(f"approximate neighbours: {graph.recall:.1%} of the true ones are found, as {CHECKED:,} show")
    if landmarks is None or landmarks >= n:
        return graph
    rows = drawn(n, landmarks, seed).astype(np.int32)
    observer.note(f"manifold, map and clusters are fitted on {landmarks:,} of {n:,} images, drawn at random")
    return replace(graph, **_nearest_landmarks(latents.fitted, rows, k, observer))


def _enough(latents: Latents, k: int) -> None:
    n = len(latents.fitted)
    if k >= n:
        raise ArgumentError(f"k = {k}: with {n} images a point has only {n - 1} neighbours; choose k < {n}")


def _graph(index: Any, latents: Latents, k: int, observer: Observer) -> Graph:
    """The k nearest of what an index over the fitted points holds, of every point."""
    n, total = len(latents.fitted), len(latents.fitted) + len(latents.held_out)
    near = _asked(index, latents.fitted, k + 1, observer, 0, total)
    indices, distances = _without(*near, np.arange(n, dtype=np.int32))
    return Graph(indices, distances, *_asked(index, latents.held_out, k, observer, n, total))


def _nearest_landmarks(points: Float, rows: Int, k: int, observer: Observer) -> dict[str, Any]:
    """The k landmarks (n, k) nearest each point, itself excepted, as fields of a graph."""
    k = min(k, len(rows) - 1)
    indices, distances = search(points[rows], points, k + 1, observer)
    place = np.full(len(points), -1, np.int32)
    place[rows] = np.arange(len(rows), dtype=np.int32)
    indices, distances = _without(indices, distances, place)
    return {"landmarks": rows, "landmark_indices": indices, "landmark_distances": distances}


def _recall(latents: Latents, graph: Graph, seed: int) -> float:
    rows = drawn(len(latents.fitted), CHECKED, seed)
    true, _ = search(latents.fitted, latents.fitted[rows], graph.k + 1)
    found = [np.isin(own, near).sum() for own, near in zip(graph.indices[rows], true, strict=True)]
    return float(np.mean(found) / graph.k)


def search(
    base: Float, queries: Float, k: int, observer: Observer = SILENT, done: int = 0, total: int | None = None
) -> tuple[Int, Float]:
    """Return indices (m, k) int32 and Euclidean distances (m, k) of the rows of `base` nearest each query.

    `done` and `total` place this search within a longer one for the observer.
    """
    return _asked(_flat(base), queries, k, observer, done, total or len(queries))


def _asked(index: Any, queries: Float, k: int, observer: Observer, done: int, total: int) -> tuple[Int, Float]:
    indices = np.empty((len(queries), k), np.int32)
    distances = np.empty((len(queries), k), np.float32)
    for start in range(0, len(queries), BATCH):
        rows = slice(start, start + BATCH)
        squared, found = index.search(np.ascontiguousarray(queries[rows], np.float32), k)
        indices[rows], distances[rows] = found, np.sqrt(np.maximum(squared, 0))
        observer.progress(done + min(start + BATCH, len(queries)), total, "points")
    return indices, distances


def _flat(points: Float) -> Any:
    import faiss

    index = faiss.IndexFlatL2(points.shape[1])
    index.add(np.ascontiguousarray(points, np.float32))
    return index


def _cells(points: Float, probes: int, seed: int) -> Any:
    """An inverted file over the points: 4·√n cells, of which a query searches `probes`.

    Fewer where a cell would have less than 39 points, which faiss finds too few to learn from.
    """
    import faiss

    count, size = max(min(int(4 * np.sqrt(len(points))), len(points) // 39), 1), points.shape[1]
    index = faiss.IndexIVFFlat(faiss.IndexFlatL2(size), size, count)
    index.cp.seed, index.cp.max_points_per_centroid, index.nprobe = seed % 2**31, 64, probes
    values = np.ascontiguousarray(points, np.float32)
    index.train(values)
    index.add(values)
    return index


def _without(indices: Int, distances: Float, own: Int) -> tuple[Int, Float]:
    """Drop the index `own` (n,) from each list; where duplicates pushed it out, drop the farthest instead."""
    n, width = indices.shape
    own = indices == own[:, None]
    own[~own.any(axis=1), -1] = True
    return indices[~own].reshape(n, width - 1), distances[~own].reshape(n, width - 1)
