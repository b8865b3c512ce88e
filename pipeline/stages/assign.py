"""Put new images into the clusters of a finished run."""

from __future__ import annotations

import pandas as pd

from pipeline.artifacts.clustering import Clustering
from pipeline.artifacts.features import Features
from pipeline.artifacts.latents import Graph, Latents
from pipeline.assign import Assigner
from pipeline.config import Assign
from pipeline.data.new_images import NewImages
from pipeline.models.base import Autoencoder
from pipeline.observer import SILENT, Observer

BATCH = 2048


def assign(
    config: Assign,
    pictures: NewImages,
    autoencoder: Autoencoder,
    latents: Latents,
    graph: Graph,
    features: Features,
    clustering: Clustering,
    observer: Observer = SILENT,
) -> pd.DataFrame:
    """Return a row per picture: image (its name), cluster (−1 noise), confidence, distance, far.

    Distance is to the latents of the nearest fitted image; far where it exceeds the `far_quantile` of the fitted
    images' own distances to their nearest neighbours. Nothing is fitted.
    """
    assigner = Assigner.of(autoencoder, latents, graph, features, clustering, config.far_quantile)
    total, parts = len(pictures.pixels), []
    for start in range(0, total, BATCH):
        parts.append(assigner(pictures.pixels[start : start + BATCH]))
        observer.progress(min(start + BATCH, total), total, "images")
    table = pd.concat(parts, ignore_index=True)
    table.insert(0, "image", pictures.names)
    return table
