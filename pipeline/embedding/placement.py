"""Coordinates of points that an embedding was not fitted on."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

import numpy as np

from pipeline.artifacts.base import Float, Int
from pipeline.artifacts.features import Features
from pipeline.artifacts.latents import Graph, Latents
from pipeline.embedding.neighbor_weights import weighted_mean

F = TypeVar("F", bound=Features)


def place_points(features: Features, latents: Float, indices: Int, distances: Float) -> Float:
    """Return coordinates (m, p) float32 of new `latents` (m, d).

    A linear method transforms the latents; any other method gives the weighted mean of the coordinates of the fitted
    neighbours, `indices` and `distances` (m, k). Limitation: such a mean lies between its neighbours, so a point whose
    neighbours are in two clusters is placed in neither.
    """
    if not len(latents):
        return np.empty((0, features.fitted.shape[1]), np.float32)
    if features.method == "latents":
        return np.asarray(latents, np.float32)
    if features.mean is not None and features.components is not None:
        return np.asarray((latents - features.mean) @ features.components.T, np.float32)
    return weighted_mean(features.fitted, indices, distances)


def place_held_out(features: F, latents: Latents, graph: Graph) -> F:
    """Return a copy of the features with the coordinates (m, p) of the held-out points."""
    held_out = place_points(features, latents.held_out, graph.held_indices, graph.held_distances)
    return replace(features, held_out=held_out)
