"""Clusters of points that the clusterer was not fitted on: new points, and fitted images outside its sample."""

from __future__ import annotations

from typing import Any

import numpy as np

from pipeline.artifacts.base import Float, Int
from pipeline.artifacts.clustering import Clustering
from pipeline.artifacts.features import Features
from pipeline.artifacts.latents import Graph
from pipeline.clustering.renumbering import renumber
from pipeline.embedding.neighbor_weights import gaussian_weights, vote_labels
from pipeline.embedding.neighbors import search_neighbors
from pipeline.embedding.placement import place_points


def assign_points(
    clustering: Clustering, features: Features, latents: Float, indices: Int, distances: Float
) -> tuple[Int, Float]:
    """Return the cluster (m,) int32, noise −1, and the confidence (m,) float32 in [0, 1] of new `latents` (m, d).

    If the features can transform new points, the estimator's `predict_proba` decides, or its `predict`. Otherwise the
    fitted neighbours in the latent space, `indices` and `distances` (m, k), vote: the mean of neighbours in two
    clusters lies in neither, and often in a third.
    """
    if not len(latents):
        return np.empty(0, np.int32), np.empty(0, np.float32)
    estimator, fitted = clustering.estimator, np.asarray(clustering.fitted)
    if not features.can_transform or not hasattr(estimator, "predict"):
        return vote_labels(fitted, indices, distances)
    points = place_points(features, latents, indices, distances)
    numbering = np.asarray(clustering.numbering)
    if hasattr(estimator, "predict_proba"):
        posterior = estimator.predict_proba(points)
        return renumber(posterior.argmax(axis=1), numbering), posterior.max(axis=1).astype(np.float32)
    clusters = renumber(np.asarray(estimator.predict(points), np.int32), numbering)
    same_cluster = fitted[indices] == clusters[:, None]
    share = np.where(same_cluster, gaussian_weights(distances), 0).sum(axis=1, dtype=np.float32)
    return clusters, np.minimum(share, np.float32(1))


def assign_fitted(estimator: Any, labels: Int, rows: slice | Int, points: Float, graph: Graph) -> tuple[Int, Float]:
    """Return the estimator's label (n,) int32 and the confidence (n,) float32 in [0, 1] of all fitted `points` (n, d).

    `labels` are those of the `rows` that the estimator was fitted on: all, the landmarks of the `graph`, or a sample.
    Other images get the posterior's or the prediction's label, or the label that their neighbours vote for.
    """
    if rows is graph.landmarks:
        return _assign_from_landmarks(estimator, labels, points, graph)
    if hasattr(estimator, "predict_proba"):
        posterior = estimator.predict_proba(points)
        return posterior.argmax(axis=1).astype(np.int32), posterior.max(axis=1).astype(np.float32)
    if not isinstance(rows, slice):
        sample = np.asarray(points)[rows]
        voted, _ = vote_labels(labels, *search_neighbors(sample, points, min(graph.k, len(sample))))
        voted[rows] = labels
        labels = np.asarray(estimator.predict(points), np.int32) if hasattr(estimator, "predict") else voted
    same_label = labels[graph.indices] == labels[:, None]
    return labels, same_label.mean(axis=1, dtype=np.float32)


def _assign_from_landmarks(estimator: Any, labels: Int, points: Float, graph: Graph) -> tuple[Int, Float]:
    """Labels and confidences of the landmarks, and of all other points by the vote of their nearest landmarks."""
    rows, indices, distances = graph.landmarks, graph.landmark_indices, graph.landmark_distances
    if rows is None or indices is None or distances is None:
        raise ValueError("this graph has no landmarks")
    landmark_labels, landmark_confidence = assign_fitted(
        estimator, labels, slice(None), points[rows], graph.landmark_graph()
    )
    voted, share = vote_labels(landmark_labels, indices, distances)
    voted[rows], share[rows] = landmark_labels, landmark_confidence
    return voted, share
