"""Cluster the features and assign the held-out images to the clusters."""

from __future__ import annotations

from pipeline.artifacts.clustering import Clustering
from pipeline.artifacts.features import Features
from pipeline.artifacts.latents import Graph, Latents
from pipeline.clustering.fit_clusters import fit_clusters
from pipeline.config import Cluster
from pipeline.runtime.observer import SILENT, Observer


def cluster(
    config: Cluster, features: Features, graph: Graph, latents: Latents, observer: Observer = SILENT
) -> Clustering:
    """Return the clusters of the fitted and of the held-out images, by the estimator that `config` names.

    Raises:
        UserError: the estimator refuses its parameters or these images.
    """
    return fit_clusters(config, features, graph, latents, observer)
