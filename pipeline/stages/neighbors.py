"""Find each image's nearest neighbours in the latent space, once for all stages that need them."""

from __future__ import annotations

from pipeline.artifacts.latents import Graph, Latents
from pipeline.build import call
from pipeline.config import Neighbors
from pipeline.observer import SILENT, Observer


def neighbors(config: Neighbors, latents: Latents, observer: Observer = SILENT) -> Graph:
    """Return the graph that the function named in `config` builds."""
    graph: Graph = call(config, "neighbors", latents, observer=observer)
    return graph
