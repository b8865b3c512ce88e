"""Cluster the images of one cluster again."""

from __future__ import annotations

from functools import partial

from pipeline.artifacts.clustering import Clustering
from pipeline.artifacts.features import Features
from pipeline.artifacts.images import Images
from pipeline.artifacts.latents import Graph, Latents
from pipeline.clustering.edited_clusters import finish_edits
from pipeline.clustering.subdivide import split_cluster
from pipeline.clustering.working_clusters import EditError, WorkingClusters
from pipeline.config import Cluster, Neighbors, Recluster
from pipeline.pages.edited_tables import EditedTables
from pipeline.runtime.errors import UserError
from pipeline.runtime.observer import SILENT, Observer


def recluster(
    config: Recluster,
    cluster: Cluster,
    neighbors: Neighbors,
    images: Images,
    latents: Latents,
    graph: Graph,
    features: Features,
    clustering: Clustering,
    observer: Observer = SILENT,
) -> EditedTables:
    """Return the clusters with one of them split into `config.k`, and tables of what changed.

    `cluster` and `neighbors` are the run's own settings, by which the cluster is split.

    Raises:
        UserError: there is no such cluster, or it has fewer images than parts.
    """
    if not clustering.k:
        raise UserError("run: it has no cluster that could be split, only noise; set run=ID to one with clusters")
    if config.cluster is None or config.cluster >= clustering.k:
        numbers = f"a number from 0 to {clustering.k - 1}" if clustering.k > 1 else "which has only 0"
        raise UserError(f"recluster.cluster = {config.cluster}: give a cluster of the run, {numbers}")
    split = partial(split_cluster, cluster, neighbors, features, latents, observer)
    working = WorkingClusters(clustering, images.names(images.split), split)
    summary = f"cluster {config.cluster} split into {config.k}"
    try:
        working.split(config.cluster, config.k)
        edited = finish_edits(clustering, working, latents, graph, features, summary)
    except EditError as error:
        raise UserError(f"recluster.k = {config.k}: {error}") from error
    return EditedTables(*edited, summary, {})
