"""Apply the edits of a person to the clusters of a finished run."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd

from pipeline.artifacts.base import Float, Int
from pipeline.artifacts.clustering import REMOVE, Clustering
from pipeline.artifacts.features import Features
from pipeline.artifacts.images import Images
from pipeline.artifacts.latents import Graph, Latents
from pipeline.clustering.assign_points import assign_points
from pipeline.clustering.renumbering import cluster_centres, number_by_size, renumber
from pipeline.clustering.subdivide import split_cluster
from pipeline.config import Cluster, Edit, Neighbors
from pipeline.runtime.errors import UserError
from pipeline.runtime.observer import SILENT, Observer
from pipeline.stages.edit.edits import KEY, Edits, apply_edits
from pipeline.stages.edit.propagation import propagate_moves
from pipeline.stages.edit.result import EditResult
from pipeline.stages.edit.working_clusters import MARKS, NOISE, WorkingClusters


def edit(
    config: Edit,
    edits: Edits,
    cluster: Cluster,
    neighbors: Neighbors,
    images: Images,
    latents: Latents,
    graph: Graph,
    features: Features,
    clustering: Clustering,
    observer: Observer = SILENT,
) -> EditResult:
    """Return the clusters after the edits, and tables of what changed.

    `cluster` and `neighbors` are the run's own settings, by which clusters are split. Clusters are numbered by falling
    size again. Moved images get the confidence 1. Held-out and new images are assigned as before if every cluster of
    the run is still there or merged, and by the vote of their fitted neighbours if there are new clusters.

    Raises:
        UserError: an edit contradicts an earlier one or does not fit the run.
    """
    names = images.names(images.split)
    split = partial(_split, cluster, neighbors, features, latents, observer)
    working = WorkingClusters(clustering, names, split)
    apply_edits(edits, working)
    confidence = _confidence(clustering, working, graph)
    if config.propagate:
        confidence = _propagate(working, graph, confidence, observer)
    working.clusters[working.marks == REMOVE] = NOISE
    numbering = number_by_size(working.clusters)
    if not (numbering >= 0).any():
        raise UserError(f"{KEY}: no cluster is left; every image is noise or removed")
    fitted = numbering[working.clusters + 1]
    edited = replace(
        clustering,
        fitted=fitted,
        confidence=confidence,
        centres=cluster_centres(np.asarray(latents.fitted), fitted),
        names=_names(working, numbering),
        marks=working.marks if working.marks.any() else None,
        notes=[*clustering.notes, f"edited by hand: {edits.summary()}"],
        scores=clustering.scores if np.array_equal(fitted, clustering.fitted) else {},
    )
    edited = _assign_held_out(edited, working, numbering, latents, graph, features)
    return EditResult(edited, _changes(clustering, edited, working, names), _sizes(clustering, edited), edits)


def _split(
    cluster: Cluster, neighbors: Neighbors, features: Features, latents: Latents, observer: Observer, rows: Int, k: int
) -> Int:
    return split_cluster(cluster, neighbors, rows.astype(np.int64), k, features, latents, observer)


def _confidence(clustering: Clustering, working: WorkingClusters, graph: Graph) -> Float:
    """The confidence (n,): 1 of moved images, the share of neighbours in the same cluster of split ones."""
    confidence = np.array(clustering.confidence, np.float32)
    rows = np.flatnonzero(working.reasons == "split")
    same = working.clusters[np.asarray(graph.indices)[rows]] == working.clusters[rows, None]
    confidence[rows] = same.mean(axis=1, dtype=np.float32)
    confidence[working.moved] = 1
    return confidence


def _propagate(working: WorkingClusters, graph: Graph, confidence: Float, observer: Observer) -> Float:
    """Spread the moves, and return the confidence with that of the images that changed."""
    spread, probability = propagate_moves(graph, working.clusters, working.moved, working.marks != MARKS["none"])
    rows = np.flatnonzero(spread != working.clusters)
    working.clusters, working.reasons[rows] = spread, "propagated"
    observer.note(f"edit.propagate: {len(rows):,} images follow {int(working.moved.sum()):,} moved ones")
    return np.where(working.reasons == "propagated", probability, confidence)


def _names(working: WorkingClusters, numbering: Int) -> list[str]:
    numbers = np.array(sorted(working.numbers), np.int32)
    pairs = zip(renumber(numbers, numbering), numbers, strict=True)
    names = {int(cluster): working.names[int(number)] for cluster, number in pairs if cluster >= 0}
    return [names[cluster] for cluster in range(len(names))] if any(names.values()) else []


def _assign_held_out(
    edited: Clustering, working: WorkingClusters, numbering: Int, latents: Latents, graph: Graph, features: Features
) -> Clustering:
    """The clustering with its held-out images, and with its estimator if it still fits the clusters."""
    clusters_now = np.append(renumber(working.source, numbering), np.int32(NOISE))  # the last is that of noise
    is_complete = bool((clusters_now[:-1] >= 0).all()) and edited.k == len(np.unique(clusters_now[:-1]))
    if is_complete:
        table = None if edited.numbering is None else clusters_now[np.asarray(edited.numbering)]
        return replace(edited, held_out=clusters_now[np.asarray(edited.held_out)], numbering=table)
    edited = replace(edited, estimator=None, numbering=None)
    held_out, confidence = assign_points(edited, features, latents.held_out, graph.held_indices, graph.held_distances)
    return replace(edited, held_out=held_out, held_confidence=confidence)


def _changes(clustering: Clustering, edited: Clustering, working: WorkingClusters, names: list[str]) -> pd.DataFrame:
    """A row per changed image: its clusters in the numbers before and after, the name, the reason, and the mark."""
    before = np.zeros(len(names), np.int8) if clustering.marks is None else np.asarray(clustering.marks)
    rows = np.flatnonzero((working.reasons != "") | (working.marks != before))
    clusters = np.asarray(edited.fitted)[rows]
    cluster_names = np.array([*(edited.names or [""] * edited.k), ""], object)  # the last is that of noise
    mark_names = np.array(list(MARKS), object)
    return pd.DataFrame({
        "image": [names[row] for row in rows], "cluster_before": np.asarray(clustering.fitted)[rows],
        "cluster": clusters, "name": cluster_names[clusters], "reason": working.reasons[rows],
        "mark": mark_names[working.marks[rows]],
    })  # fmt: skip


def _sizes(clustering: Clustering, edited: Clustering) -> pd.DataFrame:
    """A row per cluster: its number, name and size, and the clusters of the run from which its images come."""
    fitted = np.asarray(edited.fitted)
    counts = pd.crosstab(fitted, np.asarray(clustering.fitted))
    return pd.DataFrame({
        "cluster": range(edited.k), "name": edited.names or [""] * edited.k,
        "size": np.bincount(fitted[fitted >= 0], minlength=edited.k),
        "before": [" ".join(f"{number}:{count}" for number, count in counts.loc[cluster].items() if count)
                   for cluster in range(edited.k)],
    })  # fmt: skip
