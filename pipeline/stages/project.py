"""Compute the map: two coordinates for each image."""

from __future__ import annotations

from pipeline.artifacts.features import Features, Map
from pipeline.artifacts.latents import Graph, Latents
from pipeline.config import Project
from pipeline.config.instantiate import call_component
from pipeline.runtime.observer import SILENT, Observer


def project(config: Project, latents: Latents, graph: Graph, observer: Observer = SILENT) -> Map:
    """Return the two-dimensional map that the function named in `config` computes from the latents and their graph.

    Raises:
        UserError: the function refuses a setting.
    """
    features: Features = call_component(config, "project", latents, graph, observer=observer)
    components = None if features.components is None else features.components[:2]
    return Map(
        features.fitted[:, :2], features.held_out[:, :2], features.method, features.mean, components, features.first
    )
