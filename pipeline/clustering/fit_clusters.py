"""Fit a clusterer to the features and assign the held-out images to its clusters."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from pipeline.artifacts.base import Float, Int
from pipeline.artifacts.clustering import Clustering
from pipeline.artifacts.estimators import can_store
from pipeline.artifacts.features import Features
from pipeline.artifacts.latents import Graph, Latents
from pipeline.clustering.assign_points import assign_fitted, assign_points
from pipeline.clustering.choose_k import choose_k
from pipeline.clustering.islands import move_islands
from pipeline.clustering.renumbering import cluster_centres, number_by_size
from pipeline.clustering.selection import fit_and_select
from pipeline.clustering.size_rules import suit_number_of_images
from pipeline.config import Cluster
from pipeline.config.instantiate import instantiate
from pipeline.embedding.neighbor_weights import connected_adjacency
from pipeline.runtime.errors import UserError
from pipeline.runtime.observer import SILENT, Observer
from pipeline.runtime.sampling import sample_rows

CRITERIA = {"inertia_": "inertia", "lower_bound_": "mean_log_likelihood"}
"""Names of the scores by the estimator's attribute."""


def fit_clusters(
    config: Cluster, features: Features, graph: Graph, latents: Latents, observer: Observer = SILENT
) -> Clustering:
    """Return the clusters of the fitted images, and of the held-out ones by `predict` or by their neighbours' vote.

    Raises:
        UserError: the estimator refuses its parameters or these images, or `cluster.fit_size` is set although the
            estimator needs the graph of all images.
    """
    rows, notes = _training_rows(config, features, graph, observer)
    # Sums on one thread have one order, so the result has the same bits on any number of cores.
    with threadpool_limits(1 if config.deterministic else None), warnings.catch_warnings(record=True) as caught:
        config, k_notes = choose_k(config, features.fitted[rows], observer)
        config, size_notes = suit_number_of_images(config, len(features.fitted[rows]))
        warnings.simplefilter("ignore", category=FutureWarning)
        for category in (UserWarning, RuntimeWarning):  # not converged, too few clusters, a fall-back: all become notes
            warnings.simplefilter("always", category=category)
        estimator, labels, messages = _fit(config, features, graph, latents, rows, observer)
        labels, island_notes = _move_islands(config, features, latents, rows, labels)
        predictor = None if island_notes else estimator  # which does not know where islands are now
        labels, confidence = assign_fitted(predictor, labels, rows, features.fitted, graph)
        numbering = number_by_size(labels)
        clusters = numbering[labels + 1]
        notes += _collect_notes(
            config, [*k_notes, *size_notes, *messages, *island_notes, *(str(item.message) for item in caught)],
            clusters, observer,
        )  # fmt: skip
        stored_estimator, storage_notes = _storable_estimator(estimator, config, observer)
        none = np.empty(0, np.float32)
        clustering = Clustering(
            fitted=clusters,
            held_out=none.astype(np.int32),
            confidence=confidence,
            held_confidence=none,
            centres=cluster_centres(latents.fitted, clusters),
            method=config.name,
            notes=[*notes, *storage_notes],
            scores=_criteria(estimator, np.asarray(features.fitted)[rows]),
            estimator=stored_estimator,
            numbering=numbering,
        )
        held_out, held_confidence = assign_points(
            clustering, features, latents.held_out, graph.held_indices, graph.held_distances
        )
    return replace(clustering, held_out=held_out, held_confidence=held_confidence)


def _training_rows(
    config: Cluster, features: Features, graph: Graph, observer: Observer
) -> tuple[slice | Int, list[str]]:
    """The rows that the estimator is fitted on, and notes: all, a sample, or the landmarks.

    Landmarks are all that a neighbour embedding was fitted on; points that it placed between them say nothing new.
    """
    n = len(features.fitted)
    fits_points = config.fit_size is None and config.graph == "none"
    if graph.landmarks is not None and not features.can_transform and fits_points:
        return graph.landmarks, [f"{config.name} was fitted on {len(graph.landmarks):,} landmarks of {n:,} images"]
    if config.fit_size is None or config.fit_size >= n:
        return slice(None), []
    if config.graph != "none":
        raise UserError("cluster.fit_size: a subset has no shared graph; set cluster.graph=none or fit_size=null")
    note = f"{config.name} was fitted on {config.fit_size:,} of {n:,} images; the others were assigned"
    observer.note(note)
    return sample_rows(n, config.fit_size, config.seed).astype(np.int32), [note]


def _fit(
    config: Cluster, features: Features, graph: Graph, latents: Latents, rows: slice | Int, observer: Observer
) -> tuple[Any, Int, list[str]]:
    """The fitted estimator, its labels of the rows, and notes."""
    estimator = instantiate(config.estimator, "cluster.estimator")
    try:
        if config.graph == "affinity":
            return estimator, np.asarray(estimator.fit_predict(connected_adjacency(graph)), np.int32), []
        if config.graph == "connectivity":
            estimator.set_params(connectivity=connected_adjacency(graph))
        points = np.asarray(features.fitted)[rows]
        return fit_and_select(config, estimator, np.asarray(latents.fitted)[rows], points, observer)
    except (ValueError, TypeError) as error:
        raise UserError(f"cluster.estimator: {type(estimator).__name__}: {error}") from error


def _move_islands(
    config: Cluster, features: Features, latents: Latents, rows: slice | Int, labels: Int
) -> tuple[Int, list[str]]:
    """The labels of the rows with islands moved, and a note if there are any.

    They stay where `predict` assigns new images, which would not follow.
    """
    if not config.islands or features.can_transform:
        return labels, []
    return move_islands(labels, np.asarray(features.fitted)[rows], np.asarray(latents.fitted)[rows], config.seed)


def _collect_notes(config: Cluster, messages: list[str], clusters: Int, observer: Observer) -> list[str]:
    """Notes from the fitting's messages and about empty or single clusters (n,); each is reported to the observer."""
    n_clusters = int(clusters.max(initial=-1)) + 1
    notes = [f"{config.name}: {' '.join(message.split())}" for message in dict.fromkeys(messages)]
    if config.n_clusters and n_clusters < config.n_clusters:
        counts = f"{n_clusters:,} of cluster.k = {config.n_clusters:,} clusters"
        notes.append(f"{config.name}: {counts} hold images, the others are empty")
    elif n_clusters < 2:
        reason = "one cluster holds all" if n_clusters else "every image is noise"
        notes.append(f"{config.name}: {reason}; scores that compare clusters say nothing")
    for note in notes:
        observer.note(note)
    return notes


def _storable_estimator(estimator: Any, config: Cluster, observer: Observer) -> tuple[Any, list[str]]:
    """The estimator, or None and a note if it cannot be stored.

    Held-out images are assigned as new images will be later, so an estimator that is lost must not assign them either.
    """
    if can_store(estimator):
        return estimator, []
    note = f"{config.name}: this estimator cannot be stored without pickle; new images take their neighbours' clusters"
    observer.note(note)
    return None, [note]


def _criteria(estimator: Any, points: Float) -> dict[str, float]:
    """The estimator's own criteria for the points that it was fitted to, as far as it has them."""
    from sklearn.mixture import BayesianGaussianMixture

    values = {name: float(getattr(estimator, key)) for key, name in CRITERIA.items() if hasattr(estimator, key)}
    if isinstance(estimator, BayesianGaussianMixture):  # its bound is of the evidence, not of the likelihood
        values["evidence_lower_bound"] = values.pop("mean_log_likelihood")
    return values | ({"bic": float(estimator.bic(points))} if hasattr(estimator, "bic") else {})
