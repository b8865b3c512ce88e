"""Split one cluster by the clusterer that made it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.artifacts.base import Int
from pipeline.artifacts.features import Features
from pipeline.artifacts.latents import Latents
from pipeline.clustering.fit_clusters import fit_clusters
from pipeline.clustering.size_rules import NUMBERS_OF_CLUSTERS
from pipeline.config import Cluster, Neighbors
from pipeline.config.instantiate import call_component
from pipeline.runtime.observer import Observer

KMEANS = {"_target_": "sklearn.cluster.KMeans", "n_init": 10}
"""Splits clusters of a clusterer that takes no number of clusters, such as HDBSCAN."""


def split_cluster(
    config: Cluster,
    neighbors: Neighbors,
    features: Features,
    latents: Latents,
    observer: Observer,
    rows: NDArray[np.int64],
    parts: int,
) -> Int:
    """Return the part (m,) int32 of each of the `rows` (m,) of fitted images, the largest part being 0.

    The clusterer of the run is fitted to their features with `parts` clusters, and their neighbour graph is built
    anew. A clusterer that takes no number of clusters is replaced by k-means, with a note. Fewer parts result if the
    images are copies of each other.
    """
    subset = Latents(np.asarray(latents.fitted)[rows], latents.held_out[:0], latents.shape)
    points = Features(np.asarray(features.fitted)[rows], features.held_out[:0], features.method)
    graph = call_component(neighbors, "neighbors", subset, observer=observer)
    return fit_clusters(_with_k(config, parts, observer), points, graph, subset, observer).fitted


def _with_k(config: Cluster, k: int, observer: Observer) -> Cluster:
    names = [name for name in NUMBERS_OF_CLUSTERS if name in config.estimator]
    if config.k is None or not names:
        observer.note(f"{config.name} takes no number of clusters; k-means splits the cluster instead")
        estimator = {**KMEANS, "n_clusters": k, "random_state": config.seed}
        return Cluster(name="kmeans", k=k, estimator=estimator, seed=config.seed)
    return config.model_copy(
        update={"k": k, "estimator": {**config.estimator, **dict.fromkeys(names, k)}, "fit_size": None}
    )
