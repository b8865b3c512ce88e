"""Cluster the features, and assign the held-out images without fitting anything again."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from pipeline.artifacts.base import Float, Int
from pipeline.artifacts.clustering import Clustering
from pipeline.artifacts.features import Features
from pipeline.artifacts.latents import Graph, Latents
from pipeline.assign import NEIGHBOURS, assign
from pipeline.build import build
from pipeline.config import Cluster
from pipeline.errors import UserError
from pipeline.estimators import storable
from pipeline.fitting.choice import fit
from pipeline.knn import search
from pipeline.neighborhood import symmetric, vote
from pipeline.observer import SILENT, Observer
from pipeline.sampling import drawn

CRITERIA = {"inertia_": "inertia", "lower_bound_": "mean_log_likelihood"}


def cluster(
    config: Cluster, features: Features, graph: Graph, latents: Latents, observer: Observer = SILENT
) -> Clustering:
    """Return the clusters of the fitted images, and of the held-out ones by `predict` or by their neighbours' vote.

    Raises:
        UserError: the estimator refuses its parameters, or `fit_size` is asked for where the graph is clustered.
    """
    rows, notes = _rows(config, features, graph, observer)
    # One thread sums in one order: the same bits on any number of cores.
    with threadpool_limits(1 if config.deterministic else None), warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("ignore", category=FutureWarning)
        for kind in (UserWarning, RuntimeWarning):  # it has not converged, found fewer, or took another way
            warnings.simplefilter("always", category=kind)
        estimator, labels, said = _fit(config, features, graph, latents, rows, observer)
        fitted, confidence = _everyone(estimator, labels, rows, features.fitted, graph)
        table = _by_size(fitted)
        fitted = table[fitted + 1]
        notes += _remarks(config, [*said, *(str(one.message) for one in warned)], fitted, observer)
        none = np.empty(0, np.float32)
        kept, unkept = _storable(estimator, config, observer)
        centres, criteria = _centres(latents.fitted, fitted), _criteria(estimator, features.fitted)
        clustering = Clustering(
            fitted,
            none.astype(np.int32),
            confidence,
            none,
            centres,
            config.name,
            [*notes, *unkept],
            criteria,
            kept,
            table,
        )
        held, held_confidence = assign(clustering, features, latents.held_out, graph.held_indices, graph.held_distances)
    return replace(clustering, held_out=held, held_confidence=held_confidence)


def _rows(config: Cluster, features: Features, graph: Graph, observer: Observer) -> tuple[slice | Int, list[str]]:
    """The rows that the estimator is fitted on, and what must be said about them.

    Landmarks are all that a neighbour embedding was fitted on; what it placed between them is not to be learnt from.
    """
    n = len(features.fitted)
    if graph.landmarks is not None and not features.exact and config.fit_size is None and config.graph == "none":
        return graph.landmarks, [f"{config.name} was fitted on {len(graph.landmarks):,} landmarks of {n:,} images"]
    if config.fit_size is None or config.fit_size >= n:
        return slice(None), []
    if config.graph != "none":
        raise UserError("cluster.fit_size: a subset has no shared graph; set cluster.graph=none or fit_size=null")
    note = f"{config.name} was fitted on {config.fit_size:,} of {n:,} images; the others were assigned"
    observer.note(note)
    return drawn(n, config.fit_size, config.seed).astype(np.int32), [note]


def _remarks(config: Cluster, said: list[str], clusters: Int, observer: Observer) -> list[str]:
    """What was said of the fitting, and what is unusual about the clusters (n,), each told to the observer."""
    found = int(clusters.max(initial=-1)) + 1
    notes = [f"{config.name}: {' '.join(text.split())}" for text in dict.fromkeys(said)]
    if config.k and found < config.k:
        notes.append(f"{config.name}: {found:,} of cluster.k = {config.k:,} clusters hold images, the others are empty")
    elif found < 2:
        what = "one cluster holds all" if found else "every image is noise"
        notes.append(f"{config.name}: {what}; scores that compare clusters say nothing")
    for note in notes:
        observer.note(note)
    return notes


def _storable(estimator: Any, config: Cluster, observer: Observer) -> tuple[Any, list[str]]:
    """The estimator, or None with a note: what cannot be kept must have no part in assigning held-out images either."""
    if storable(estimator):
        return estimator, []
    note = f"{config.name}: this estimator cannot be stored without pickle; new images take their neighbours' clusters"
    observer.note(note)
    return None, [note]


def _fit(
    config: Cluster, features: Features, graph: Graph, latents: Latents, rows: slice | Int, observer: Observer
) -> tuple[Any, Int, list[str]]:
    """The fitted estimator, the labels of the rows, and what must be said."""
    estimator = build(config.estimator, "cluster.estimator")
    n = len(features.fitted[rows])
    if config.k is not None and config.k > n:
        raise UserError(f"cluster.k = {config.k}: there are only {n:,} images to cluster; give at most {n}")
    try:
        if config.graph == "affinity":
            return estimator, np.asarray(estimator.fit_predict(_connected(graph)), np.int32), []
        if config.graph == "connectivity":
            estimator.set_params(connectivity=_connected(graph))
        points = np.asarray(features.fitted)[rows]
        return fit(config, estimator, np.asarray(latents.fitted)[rows], points, observer)
    except (ValueError, TypeError) as error:
        raise UserError(f"cluster.estimator: {type(estimator).__name__}: {error}") from error


def _connected(graph: Graph) -> Any:
    """The symmetric graph, its components joined by one edge each so that no algorithm has to guess."""
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import connected_components

    joined = symmetric(graph)
    count, component = connected_components(joined, directed=False)
    if count == 1:
        return joined
    first = np.array([np.argmax(component == i) for i in range(count)])
    ends = np.concatenate([first[:-1], first[1:]]), np.concatenate([first[1:], first[:-1]])
    bridge = csr_matrix((np.full(len(ends[0]), 1e-3, np.float32), ends), shape=joined.shape)
    return joined.maximum(bridge)


def _everyone(estimator: Any, labels: Int, rows: slice | Int, points: Float, graph: Graph) -> tuple[Int, Float]:
    """Clusters and confidences of all fitted images, from the labels of the `rows` that the estimator saw."""
    if rows is graph.landmarks and graph.landmark_indices is not None and graph.landmark_distances is not None:
        own, sure = _everyone(estimator, labels, slice(None), points[rows], graph.among_landmarks())
        voted, share = vote(own, graph.landmark_indices, graph.landmark_distances)
        voted[rows], share[rows] = own, sure
        return voted, share
    if hasattr(estimator, "predict_proba"):
        posterior = estimator.predict_proba(points)
        return posterior.argmax(axis=1).astype(np.int32), posterior.max(axis=1).astype(np.float32)
    if not isinstance(rows, slice):
        base = np.asarray(points)[rows]
        voted, _ = vote(labels, *search(base, points, min(NEIGHBOURS, len(base))))
        voted[rows] = labels
        labels = np.asarray(estimator.predict(points), np.int32) if hasattr(estimator, "predict") else voted
    same = labels[graph.indices] == labels[:, None]
    return labels, same.mean(axis=1, dtype=np.float32)


def _by_size(labels: Int) -> Int:
    """A table from label + 1 to new label: clusters numbered by falling size, noise and empty clusters at −1."""
    count = np.bincount(labels[labels >= 0])
    table = np.full(len(count) + 1, -1, np.int32)
    used = np.argsort(-count, kind="stable")[: np.count_nonzero(count)]
    table[1 + used] = np.arange(len(used))
    return table


def _centres(latents: Float, labels: Int) -> Float:
    """Mean latents (k, d) of each cluster's members."""
    k = int(labels.max(initial=-1)) + 1
    total = np.zeros((k, latents.shape[1]))
    np.add.at(total, labels[labels >= 0], latents[labels >= 0])
    size = np.maximum(np.bincount(labels[labels >= 0], minlength=k), 1)
    return (total / size[:, None]).astype(np.float32)


def _criteria(estimator: Any, points: Float) -> dict[str, float]:
    """The estimator's own label-free criteria, where it has them."""
    found = {name: float(getattr(estimator, key)) for key, name in CRITERIA.items() if hasattr(estimator, key)}
    return found | ({"bic": float(estimator.bic(points))} if hasattr(estimator, "bic") else {})
