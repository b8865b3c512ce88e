"""Scores of single images: misfits in another cluster's neighbourhood, outliers, and label disagreements.

All functions work on arrays. `n` counts images, `k` neighbours per image; cluster −1 is noise.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.artifacts.base import Float, Int


def misfit_scores(clusters: Int, neighbours: Int) -> Float:
    """Return for each image the share (n,) float32 in [0, 1] of its neighbours that are in another cluster.

    `clusters` (n,) and `neighbours` (n, k) are of the fitted images. Above 0.5 an image lies mostly among members of
    other clusters: it is at a border, or in the wrong cluster. Noise has a score of 0; as a neighbour it counts as
    another cluster. Limitation: members of a cluster with fewer than k + 1 images cannot score 0.
    """
    clusters = np.asarray(clusters)
    differs = clusters[np.asarray(neighbours)] != clusters[:, None]
    return np.where(clusters < 0, 0, differs.mean(axis=1)).astype(np.float32)


def rival_clusters(clusters: Int, neighbours: Int) -> Int:
    """Return for each image the most frequent other cluster (n,) int32 among its neighbours, −1 if there is none.

    Arguments as for `misfit_scores`. Of equally frequent clusters the one with the nearer neighbour wins.
    """
    clusters = np.asarray(clusters)
    nearby = clusters[np.asarray(neighbours)]
    counts = np.stack([(nearby == column[:, None]).sum(axis=1) for column in nearby.T], axis=1)
    counts[(nearby == clusters[:, None]) | (nearby < 0)] = 0
    rows, best = np.arange(len(clusters)), counts.argmax(axis=1)
    return np.where(counts[rows, best] > 0, nearby[rows, best], -1).astype(np.int32)


def outlier_scores(distances: Float) -> Float:
    """Return each image's distance (n,) float32 from its neighbours relative to the median image: 1 is typical, 3 far.

    The mean of an image's k neighbour `distances` (n, k) over the median of these means. If more than half of all
    images have k exact copies the median is 0; then the smallest positive mean replaces it. Limitation: all images of a
    sparse cluster score high.
    """
    mean = np.asarray(distances, np.float64).mean(axis=1)
    scale = float(np.median(mean))
    if scale == 0:
        scale = float(min(mean[mean > 0], default=1.0))
    return np.asarray(mean / scale, np.float32)


def label_disagreements(clusters: Int, labels: Int) -> NDArray[np.bool_]:
    """Return for each image (n,) whether it has a label that differs from the most frequent one of its cluster.

    `clusters` and `labels` are (n,), a label of −1 is unknown. Either the image is in the wrong cluster or its label is
    wrong. Always false for noise; of equally frequent labels the smallest is the cluster's.
    """
    clusters, labels = np.asarray(clusters), np.asarray(labels)
    cluster_label = np.append(majority_labels(clusters, labels), np.int32(-1))[clusters]
    return np.asarray((labels >= 0) & (clusters >= 0) & (cluster_label != labels), np.bool_)


def majority_labels(clusters: Int, labels: Int) -> Int:
    """Return the most frequent label (k,) int32 of each cluster, −1 if none of its members has a label.

    `clusters` and `labels` are (n,), a label of −1 is unknown. Of equally frequent labels the smallest wins.
    """
    clusters, labels = np.asarray(clusters), np.asarray(labels)
    k = int(np.max(clusters, initial=-1)) + 1
    labelled = (clusters >= 0) & (labels >= 0)
    counts = np.zeros((k, int(np.max(labels, initial=0)) + 1), np.int64)
    np.add.at(counts, (clusters[labelled], labels[labelled]), 1)
    return np.where(counts.any(axis=1), counts.argmax(axis=1), -1).astype(np.int32)
