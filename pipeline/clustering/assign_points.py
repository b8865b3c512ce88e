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

    If the features can transform new points, the estimator's `predict` decides. Otherwise the fitted neighbours in the
    latent space, `indices` and `distances` (m, k), vote: the mean of neighbours in two clusters lies in neither, and
    often in a third. Confidence is the weighted share of these neighbours that are in the same cluster.
    """
    if not len(latents):
        return np.empty(0, np.int32), np.empty(0, np.float32)
    estimator, fitted = clustering.estimator, np.asarray(clustering.fitted)
    if not features.can_transform or not hasattr(estimator, "predict"):
        return vote_labels(fitted, indices, distances)
    points = place_points(features, latents, indices, distances)
    clusters = renumber(np.asarray(estimator.predict(points), np.int32), np.asarray(clustering.numbering))
    return clusters, share_in_cluster(clusters, fitted, indices, distances)


def assign_fitted(estimator: Any, labels: Int, rows: slice | Int, points: Float, graph: Graph) -> tuple[Int, Float]:
    """Return the estimator's label (n,) int32 and the confidence (n,) float32 in [0, 1] of all fitted `points` (n, d).

    `labels` are those of the `rows` that the estimator was fitted on: all, the landmarks of the `graph`, or a sample.
    Other images get the predicted label, or the label that their neighbours vote for. Confidence is the weighted share
    of an image's neighbours in the graph that have the same label.
    """
    if rows is graph.landmarks:
        return _assign_from_landmarks(labels, graph)
    if not isinstance(rows, slice):
        labels = _assign_others(estimator, labels, rows, np.asarray(points), graph)
    return labels, share_in_cluster(labels, labels, graph.indices, graph.distances)


def share_in_cluster(clusters: Int, fitted: Int, indices: Int, distances: Float) -> Float:
    """Return the weighted share (m,) float32 in [0, 1] of each point's neighbours that are in its cluster.

    `clusters` (m,) are those of the points, `fitted` (n,) those of the fitted points, `indices` and `distances` (m, k)
    the nearest of these. A mixture's posterior is no such measure: on a manifold, whose groups lie far apart, it is 1
    for right and wrong points alike.
    """
    same = fitted[np.asarray(indices)] == clusters[:, None]
    share = np.where(same, gaussian_weights(distances), 0).sum(axis=1, dtype=np.float32)
    return np.asarray(np.minimum(share, np.float32(1)), np.float32)


def _assign_others(estimator: Any, labels: Int, rows: Int, points: Float, graph: Graph) -> Int:
    """Labels of all points (n, d), from those of the sampled rows."""
    if hasattr(estimator, "predict"):
        return np.asarray(estimator.predict(points), np.int32)
    sample = points[rows]
    voted, _ = vote_labels(labels, *search_neighbors(sample, points, min(graph.k, len(sample))))
    voted[rows] = labels
    return voted


def _assign_from_landmarks(labels: Int, graph: Graph) -> tuple[Int, Float]:
    """Labels and confidences of the landmarks, and of all other points by the vote of their nearest landmarks."""
    rows, indices, distances = graph.landmarks, graph.landmark_indices, graph.landmark_distances
    if rows is None or indices is None or distances is None:
        raise ValueError("this graph has no landmarks")
    of_landmarks = graph.landmark_graph()
    voted, share = vote_labels(labels, indices, distances)
    voted[rows] = labels
    share[rows] = share_in_cluster(labels, labels, of_landmarks.indices, of_landmarks.distances)
    return voted, share
