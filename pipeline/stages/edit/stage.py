"""Apply the edits of a person to the clusters of a finished run."""

from __future__ import annotations

from functools import partial

import numpy as np

from pipeline.artifacts.clustering import Clustering
from pipeline.artifacts.features import Features
from pipeline.artifacts.images import Images
from pipeline.artifacts.latents import Graph, Latents
from pipeline.clustering.edited_clusters import finish_edits
from pipeline.clustering.subdivide import split_cluster
from pipeline.clustering.working_clusters import MARKS, EditError, WorkingClusters
from pipeline.config import Cluster, Edit, Neighbors
from pipeline.pages.edited_tables import EditedTables
from pipeline.runtime.errors import UserError
from pipeline.runtime.observer import SILENT, Observer
from pipeline.stages.edit.edits import KEY, Edits, apply_edits
from pipeline.stages.edit.propagation import propagate_moves


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
) -> EditedTables:
    """Return the clusters after the edits, and tables of what changed.

    `cluster` and `neighbors` are the run's own settings, by which clusters are split.

    Raises:
        UserError: an edit contradicts an earlier one or does not fit the run.
    """
    split = partial(split_cluster, cluster, neighbors, features, latents, observer)
    working = WorkingClusters(clustering, images.names(images.split), split)
    apply_edits(edits, working)
    probability = None
    if config.propagate:
        is_marked = working.marks != MARKS["none"]
        spread, probability = propagate_moves(graph, working.clusters, working.moved, is_marked)
        rows = np.flatnonzero(spread != working.clusters)
        working.clusters, working.reasons[rows] = spread, "propagated"
        observer.note(f"edit.propagate: {len(rows):,} images follow {int(working.moved.sum()):,} moved ones")
    note = f"edited by hand: {edits.summary()}"
    try:
        edited = finish_edits(clustering, working, latents, graph, features, note, probability)
    except EditError as error:
        raise UserError(f"{KEY}: {error}") from error
    if working.empty:
        observer.note(f"{KEY}: {_describe_empty(working)}")
    return EditedTables(*edited, edits.summary(), {"edits.json": edits.model_dump_json(indent=1)})


def _describe_empty(working: WorkingClusters) -> str:
    """That clusters have no images, each by its number in the edits and its name."""
    names = [f"{number} ({name})" if (name := working.names[number]) else f"{number}" for number in working.empty]
    return f"left out clusters without images: {', '.join(names)}; a cluster needs at least one image"
