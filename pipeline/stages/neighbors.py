"""Search each image's nearest neighbours in the latent space, once for all stages that need them."""

from __future__ import annotations

from pipeline.artifacts.latents import Graph, Latents
from pipeline.config import Neighbors
from pipeline.config.instantiate import call_component
from pipeline.runtime.observer import SILENT, Observer


def neighbors(config: Neighbors, latents: Latents, observer: Observer = SILENT) -> Graph:
    """Return the neighbour graph that the function named in `config` builds.

    Raises:
        UserError: the function refuses a setting.
    """
    graph: Graph = call_component(config, "neighbors", latents, observer=observer)
    return graph
