"""Add new images to a finished run: they are assigned, and new clusters are proposed for those that fit none."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

import numpy as np

from pipeline.artifacts.base import Float, Int
from pipeline.artifacts.clustering import Clustering
from pipeline.artifacts.features import Features, Map
from pipeline.artifacts.latents import Graph, Latents
from pipeline.clustering.assign_points import assign_points
from pipeline.clustering.renumbering import cluster_centres, number_by_size, renumber
from pipeline.config import Extend
from pipeline.data.new_images import NewImages
from pipeline.embedding.graph_extension import extend_graph
from pipeline.embedding.neighbors import search_neighbors
from pipeline.embedding.placement import place_points
from pipeline.models.autoencoder import Autoencoder, encode_in_batches
from pipeline.runtime.counts import count_words
from pipeline.runtime.observer import SILENT, Observer
from pipeline.stages.extend.balanced_neighbors import BalancedNeighbors
from pipeline.stages.extend.new_clusters import NONE, propose_clusters
from pipeline.stages.extend.result import ExtendResult, describe_clusters, describe_images

F = TypeVar("F", bound=Features)


def extend(
    config: Extend,
    new: NewImages,
    autoencoder: Autoencoder,
    latents: Latents,
    graph: Graph,
    features: Features,
    clustering: Clustering,
    map: Map | None = None,  # the artifact's name
    observer: Observer = SILENT,
) -> ExtendResult:
    """Return the artifacts of the fitted images and, after them, the `new` ones, and a table of the new images.

    Nothing is fitted again: new images are encoded, assigned as by stage assign, and placed in the features and on the
    map between their fitted neighbours. Fitted images keep their clusters, which are numbered by falling size again.
    New clusters are proposed as `propose_clusters` says. If there are any, the estimator no longer covers all clusters:
    held-out and later images then take the clusters of their neighbours. The map is left out of the artifacts if it is
    None or is to be drawn again.
    """
    encoded = encode_in_batches(
        autoencoder, new.pixels, progress=lambda count: observer.progress(count, len(new.pixels), "images")
    )
    fitted = np.asarray(latents.fitted)
    indices, distances = search_neighbors(fitted, encoded, min(graph.k, len(fitted)), metric=graph.metric)
    assigned, confidence = assign_points(clustering, features, encoded, indices, distances)
    extended_graph = extend_graph(graph, latents, encoded, observer)
    neighbors = BalancedNeighbors(extended_graph.indices[len(fitted) :], np.asarray(clustering.fitted), assigned)
    proposal = propose_clusters(config, encoded, neighbors, graph.metric, observer)
    is_new = proposal.groups != NONE
    extended_latents = replace(latents, fitted=np.concatenate([fitted, encoded]))
    extended_features = _place(features, encoded, indices, distances)
    extended = _extend_clustering(
        clustering,
        np.where(is_new, clustering.k + proposal.groups, assigned).astype(np.int32),
        np.where(is_new, proposal.share, confidence).astype(np.float32),
        extended_latents.fitted,
    )
    if is_new.any():
        held_out, held_confidence = assign_points(
            extended, extended_features, latents.held_out, extended_graph.held_indices, extended_graph.held_distances
        )
        extended = replace(extended, held_out=held_out, held_confidence=held_confidence)
    artifacts = {
        "latents": extended_latents,
        "graph": extended_graph,
        "features": extended_features,
        "clustering": extended,
    }
    if map is not None and not config.redraw_map:
        artifacts["map"] = _place(map, encoded, indices, distances)
    is_far = distances[:, 0] > np.quantile(graph.distances[:, 0], config.far_quantile)
    table = describe_images(new.names, extended, distances[:, 0], is_far, proposal.novelty, is_new)
    return ExtendResult(artifacts, table, describe_clusters(clustering, extended, len(encoded)), proposal.note)


def _place(features: F, latents: Float, indices: Int, distances: Float) -> F:
    """The features with coordinates of new latents (m, d), whose fitted neighbours are given."""
    placed = place_points(features, latents, indices, distances)
    return replace(features, fitted=np.concatenate([features.fitted, placed]))


def _extend_clustering(clustering: Clustering, clusters: Int, confidence: Float, latents: Float) -> Clustering:
    """The clusters of the fitted and then the new images, whose latents are given; held-out ones keep their clusters.

    `clusters` and `confidence` (m,) are those of the new images; numbers that the run does not have are new clusters.
    """
    joined = np.concatenate([np.asarray(clustering.fitted), clusters])
    numbering = number_by_size(joined)
    fitted, m, k = renumber(joined, numbering), len(clusters), len(numbering) - 1
    names = np.array([*(clustering.names or [""] * clustering.k), *[""] * (k - clustering.k)], object)
    is_covered = k == clustering.k and clustering.numbering is not None
    return replace(
        clustering,
        fitted=fitted,
        held_out=renumber(np.asarray(clustering.held_out), numbering),
        confidence=np.concatenate([clustering.confidence, confidence]),
        centres=cluster_centres(latents, fitted),
        notes=[*clustering.notes, _describe_extension(m, k - clustering.k)],
        scores={},
        estimator=clustering.estimator if is_covered else None,
        numbering=renumber(np.asarray(clustering.numbering), numbering) if is_covered else None,
        names=names[np.argsort(numbering[1:])].tolist() if any(names) else [],
        marks=None if clustering.marks is None else np.concatenate([clustering.marks, np.zeros(m, np.int8)]),
    )


def _describe_extension(m: int, new_clusters: int) -> str:
    images = count_words(m, "image was added by stage=extend: it was", "images were added by stage=extend: they were")
    added = f"{images} assigned, no model was fitted again"
    return added + (f"; {count_words(new_clusters, 'cluster is', 'clusters are')} new" if new_clusters else "")
