"""The neighbour graph without some of its fitted points."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.artifacts.base import Float, Int
from pipeline.artifacts.latents import Graph, Latents
from pipeline.embedding.neighbors import search_neighbors, without_self
from pipeline.runtime.observer import SILENT, Observer


def remaining_graph(graph: Graph, latents: Latents, rows: NDArray[np.int64], observer: Observer = SILENT) -> Graph:
    """Return the graph among the fitted points in `rows` (r,), ascending, with positions in `rows` as indices.

    Points have as many neighbours as in `graph`, or all others if fewer are left. Neighbours are searched again,
    exactly, only for points of which one is gone: O(m·r·d) time for m of them. The graph has no landmarks.
    """
    remaining, k = np.asarray(latents.fitted)[rows], min(graph.k, len(rows) - 1)
    positions = np.full(len(latents.fitted), -1, np.int32)
    positions[rows] = np.arange(len(rows), dtype=np.int32)
    self_indices = np.arange(len(rows), dtype=np.int32)
    no_indices = np.full(len(latents.held_out), -1, np.int32)

    def remaining_neighbors(indices: Int, distances: Float, points: Float, excluded: Int) -> tuple[Int, Float]:
        # A copy: the arrays of a stored graph are read-only.
        nearest, lengths = positions[np.asarray(indices)[:, :k]], np.array(distances[:, :k], np.float32)
        again = np.flatnonzero((nearest < 0).any(axis=1))
        if len(again):
            candidates = search_neighbors(remaining, points[again], k + 1, observer, metric=graph.metric)
            nearest[again], lengths[again] = without_self(*candidates, excluded[again])
        return nearest, lengths

    of_fitted = remaining_neighbors(graph.indices[rows], graph.distances[rows], remaining, self_indices)
    of_held_out = remaining_neighbors(
        graph.held_indices, graph.held_distances, np.asarray(latents.held_out), no_indices
    )
    return Graph(*of_fitted, *of_held_out, recall=graph.recall, metric=graph.metric)
