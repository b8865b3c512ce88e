"""Scores of single images: misfits in another cluster's neighbourhood, and outliers.

All functions work on arrays. `n` counts images, `k` neighbours per image; cluster −1 is noise.
"""

from __future__ import annotations

import numpy as np

from pipeline.artifacts.base import Float, Int


def misfit_scores(clusters: Int, neighbors: Int) -> Float:
    """Return for each image the share (n,) float32 in [0, 1] of its neighbours that are in another cluster.

    `clusters` (n,) and `neighbours` (n, k) are of the fitted images. Above 0.5 an image lies mostly among members of
    other clusters: it is at a border, or in the wrong cluster. Noise has a score of 0; as a neighbour it counts as
    another cluster. Limitation: members of a cluster with fewer than k + 1 images cannot score 0.
    """
    clusters = np.asarray(clusters)
    differs = clusters[np.asarray(neighbors)] != clusters[:, None]
    return np.where(clusters < 0, 0, differs.mean(axis=1)).astype(np.float32)


def rival_clusters(clusters: Int, neighbors: Int) -> Int:
    """Return for each image the most frequent other cluster (n,) int32 among its neighbours, −1 if there is none.

    Arguments as for `misfit_scores`. Of equally frequent clusters the one with the nearer neighbour wins.
    """
    clusters = np.asarray(clusters)
    nearby = clusters[np.asarray(neighbors)]
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
