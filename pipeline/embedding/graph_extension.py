"""The neighbour graph with further fitted points."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pipeline.artifacts.base import Float, Int
from pipeline.artifacts.latents import Graph, Latents
from pipeline.embedding.neighbors import search_neighbors, without_self
from pipeline.runtime.observer import SILENT, Observer


def extend_graph(graph: Graph, latents: Latents, new: Float, observer: Observer = SILENT) -> Graph:
    """Return the graph of the fitted points of `latents`, then the `new` ones (m, d), with as many neighbours each.

    Only pairs with a new point are searched, exactly: O((n + m)·m·d) time. Landmarks stay those of `graph`; new points
    get their nearest ones.
    """
    fitted, held_out = np.asarray(latents.fitted), np.asarray(latents.held_out)
    n, m, k = len(fitted), len(new), graph.k
    total = n + 2 * m + len(held_out)

    def search_new(points: Float, done: int) -> tuple[Int, Float]:
        indices, distances = search_neighbors(new, points, min(k, m), observer, done, total, graph.metric)
        return indices + np.int32(n), distances

    of_fitted = _merge((graph.indices, graph.distances), search_new(fitted, 0), k)
    of_held_out = _merge((graph.held_indices, graph.held_distances), search_new(held_out, n), k)
    done = n + len(held_out)
    among_new = search_neighbors(new, new, min(k + 1, m), observer, done, total, graph.metric)
    indices, distances = without_self(*among_new, np.arange(m, dtype=np.int32))
    among_fitted = search_neighbors(fitted, new, k, observer, done + m, total, graph.metric)
    of_new = _merge(among_fitted, (indices + np.int32(n), distances), k)
    extended = replace(
        graph,
        indices=np.concatenate([of_fitted[0], of_new[0]]),
        distances=np.concatenate([of_fitted[1], of_new[1]]),
        held_indices=of_held_out[0],
        held_distances=of_held_out[1],
    )
    if graph.landmarks is None or graph.landmark_indices is None or graph.landmark_distances is None:
        return extended
    landmarks = search_neighbors(fitted[graph.landmarks], new, graph.landmark_indices.shape[1], metric=graph.metric)
    return replace(
        extended,
        landmark_indices=np.concatenate([graph.landmark_indices, landmarks[0]]),
        landmark_distances=np.concatenate([graph.landmark_distances, landmarks[1]]),
    )


def _merge(first: tuple[Int, Float], second: tuple[Int, Float], k: int) -> tuple[Int, Float]:
    """The k nearest of two lists of neighbours (n, …) each, nearest first; of equal distances those of the first."""
    indices, distances = (np.concatenate(pair, axis=1) for pair in zip(first, second, strict=True))
    order = np.argsort(distances, axis=1, kind="stable")[:, :k]
    return np.take_along_axis(indices, order, axis=1), np.take_along_axis(distances, order, axis=1)
