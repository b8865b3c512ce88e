"""Assign new images to the clusters of a finished run."""

from __future__ import annotations

import pandas as pd

from pipeline.artifacts.clustering import Clustering
from pipeline.artifacts.features import Features, Map
from pipeline.artifacts.latents import Graph, Latents
from pipeline.config import Assign
from pipeline.data.new_images import NewImages
from pipeline.models.assigner import Assigner
from pipeline.models.autoencoder import Autoencoder
from pipeline.runtime.observer import SILENT, Observer

BATCH_SIZE = 2048


def assign(
    config: Assign,
    images: NewImages,
    autoencoder: Autoencoder,
    latents: Latents,
    graph: Graph,
    features: Features,
    clustering: Clustering,
    map: Map | None = None,
    observer: Observer = SILENT,
) -> pd.DataFrame:
    """Return a row per image: image (its name), cluster (−1: noise), confidence, distance, far, and x and y on the map.

    If clusters have names, the column `name` has them, empty for clusters without one and for noise.
    `distance` is to the latents of the nearest fitted image. An image is far if this exceeds the `far_quantile` of the
    fitted images' distances to their own nearest neighbours. Nothing is fitted.
    """
    assigner = Assigner.from_artifacts(autoencoder, latents, graph, features, clustering, config.far_quantile, map=map)
    total, tables = len(images.pixels), []
    for start in range(0, total, BATCH_SIZE):
        tables.append(assigner(images.pixels[start : start + BATCH_SIZE]))
        observer.progress(min(start + BATCH_SIZE, total), total, "images")
    table = pd.concat(tables, ignore_index=True)
    table.insert(0, "image", images.names)
    if clustering.names:
        names = ["", *clustering.names]
        table.insert(2, "name", [names[cluster + 1] for cluster in table["cluster"]])
    return table
