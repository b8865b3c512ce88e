"""Unroll the latents into the features that are clustered."""

from __future__ import annotations

from pipeline.artifacts.features import Features
from pipeline.artifacts.latents import Graph, Latents
from pipeline.build import call
from pipeline.config import Manifold
from pipeline.observer import SILENT, Observer


def manifold(config: Manifold, latents: Latents, graph: Graph, observer: Observer = SILENT) -> Features:
    """Return the features that the function named in `config` makes of the latents and their graph."""
    features: Features = call(config, "manifold", latents, graph, observer=observer)
    return features
