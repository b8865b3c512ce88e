"""A clustering after edits by hand, and tables of what they changed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from pipeline.artifacts.base import Float, Int
from pipeline.artifacts.clustering import REMOVE, Clustering
from pipeline.artifacts.features import Features
from pipeline.artifacts.latents import Graph, Latents
from pipeline.clustering.assign_points import assign_points, share_in_cluster
from pipeline.clustering.renumbering import cluster_centres, number_by_size, renumber
from pipeline.clustering.working_clusters import MARKS, NOISE, EditError, WorkingClusters


def finish_edits(
    clustering: Clustering,
    working: WorkingClusters,
    latents: Latents,
    graph: Graph,
    features: Features,
    note: str,
    probability: Float | None = None,
) -> tuple[Clustering, pd.DataFrame, pd.DataFrame]:
    """Return the clusters that `working` made of `clustering`, a table of the changed images, and one of the clusters.

    The clusters are numbered by falling size; `note` is added to their notes. The first table has the columns image,
    cluster_before, cluster, name, reason (merge, split, move, propagated, or empty) and mark; the second has cluster,
    name, size, and before: the clusters from which the images come, as `3:570 5:12`.

    Moved images get the confidence 1, those of split clusters the weighted share of their neighbours in the same
    cluster, and those that follow moved ones their `probability` (n,). Held-out and new images are assigned as before
    if every cluster is still there or merged, and by the vote of their fitted neighbours if there are new clusters.

    Raises:
        EditError: no cluster is left.
    """
    working.clusters[working.marks == REMOVE] = NOISE
    numbering = number_by_size(working.clusters)
    if not (numbering >= 0).any():
        raise EditError("no cluster is left; every image is noise or removed")
    fitted = numbering[working.clusters + 1]
    edited = replace(
        clustering,
        fitted=fitted,
        confidence=_confidence(clustering, working, graph, probability),
        centres=cluster_centres(np.asarray(latents.fitted), fitted),
        names=_names(working, numbering),
        marks=working.marks if working.marks.any() else None,
        notes=[*clustering.notes, note],
        scores=clustering.scores if np.array_equal(fitted, clustering.fitted) else {},
    )
    edited = _assign_held_out(edited, working, numbering, latents, graph, features)
    return edited, _changes(clustering, edited, working), _sizes(clustering, edited)


def _confidence(clustering: Clustering, working: WorkingClusters, graph: Graph, probability: Float | None) -> Float:
    confidence = np.array(clustering.confidence, np.float32)
    split = np.unique(np.asarray(clustering.fitted)[working.reasons == "split"])
    rows = np.flatnonzero(np.isin(clustering.fitted, split))
    indices, distances = np.asarray(graph.indices)[rows], np.asarray(graph.distances)[rows]
    confidence[rows] = share_in_cluster(working.clusters[rows], working.clusters, indices, distances)
    if probability is not None:
        follows = working.reasons == "propagated"
        confidence[follows] = probability[follows]
    confidence[working.moved] = 1
    return confidence


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


def _changes(clustering: Clustering, edited: Clustering, working: WorkingClusters) -> pd.DataFrame:
    before = np.zeros(len(working.images), np.int8) if clustering.marks is None else np.asarray(clustering.marks)
    rows = np.flatnonzero((working.reasons != "") | (working.marks != before))
    clusters = np.asarray(edited.fitted)[rows]
    cluster_names = np.array([*(edited.names or [""] * edited.k), ""], object)  # the last is that of noise
    mark_names = np.array(list(MARKS), object)
    return pd.DataFrame({
        "image": [working.images[int(row)] for row in rows], "cluster_before": np.asarray(clustering.fitted)[rows],
        "cluster": clusters, "name": cluster_names[clusters], "reason": working.reasons[rows],
        "mark": mark_names[working.marks[rows]],
    })  # fmt: skip


def _sizes(clustering: Clustering, edited: Clustering) -> pd.DataFrame:
    fitted = np.asarray(edited.fitted)
    counts = pd.crosstab(fitted, np.asarray(clustering.fitted))
    return pd.DataFrame({
        "cluster": range(edited.k), "name": edited.names or [""] * edited.k,
        "size": np.bincount(fitted[fitted >= 0], minlength=edited.k),
        "before": [" ".join(f"{number}:{count}" for number, count in counts.loc[cluster].items() if count)
                   for cluster in range(edited.k)],
    })  # fmt: skip
