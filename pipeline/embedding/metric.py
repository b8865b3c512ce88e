"""The cosine distance by a Euclidean search: of vectors of length 1, half the squared distance is 1 − cosine."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from pipeline.artifacts.base import Float
from pipeline.artifacts.latents import Graph, Latents
from pipeline.runtime.observer import Observer

Metric = Literal["euclidean", "cosine"]


def to_unit_length(vectors: NDArray[np.floating[Any]]) -> NDArray[np.floating[Any]]:
    """Return vectors (n, d) divided by their lengths; those of length 0 stay as they are."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.where(lengths > 0, lengths, 1))


def to_cosine_distance(distances: Float) -> Float:
    """Return 1 − cosine, in [0, 2], from the Euclidean distances of points of length 1."""
    return np.asarray(distances**2 / 2, np.float32)


def normalize_latents(latents: Latents, observer: Observer) -> Latents:
    """Return latents of length 1, and report those that have no direction."""
    n_zeros = int((~np.any(latents.fitted, axis=1)).sum())
    if n_zeros:
        observer.note(f"neighbors.metric = cosine: {n_zeros:,} latents are zero; their distance to others is 0.5")
    return replace(latents, fitted=to_unit_length(latents.fitted), held_out=to_unit_length(latents.held_out))


def with_cosine_distances(graph: Graph) -> Graph:
    """Return the graph of latents of length 1 with cosine distances in place of Euclidean ones."""
    landmarks = graph.landmark_distances
    return replace(
        graph,
        distances=to_cosine_distance(graph.distances),
        held_distances=to_cosine_distance(graph.held_distances),
        landmark_distances=None if landmarks is None else to_cosine_distance(landmarks),
        metric="cosine",
    )
