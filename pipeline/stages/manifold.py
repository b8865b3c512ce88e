"""Embed the latents in the space that is clustered."""

from __future__ import annotations

from pipeline.artifacts.features import Features
from pipeline.artifacts.latents import Graph, Latents
from pipeline.config import Manifold
from pipeline.config.instantiate import call_component
from pipeline.runtime.observer import SILENT, Observer


def manifold(config: Manifold, latents: Latents, graph: Graph, observer: Observer = SILENT) -> Features:
    """Return the features that the function named in `config` computes from the latents and their graph.

    Raises:
        UserError: the function refuses a setting.
    """
    features: Features = call_component(config, "manifold", latents, graph, observer=observer)
    return features
