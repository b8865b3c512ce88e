"""Draw the map: two coordinates an image, for looking."""

from __future__ import annotations

from pipeline.artifacts.features import Features, Map
from pipeline.artifacts.latents import Graph, Latents
from pipeline.build import call
from pipeline.config import Project
from pipeline.observer import SILENT, Observer


def project(config: Project, latents: Latents, graph: Graph, observer: Observer = SILENT) -> Map:
    """Return the two-dimensional map that the function named in `config` draws of the latents and their graph."""
    drawn: Features = call(config, "project", latents, graph, observer=observer)
    return Map(drawn.fitted[:, :2], drawn.held_out[:, :2], drawn.method, first=drawn.first)
