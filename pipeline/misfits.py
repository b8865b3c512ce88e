"""Which images sit oddly: those among another cluster's images, and those far from all others.

All functions are pure and work on arrays. `n` counts images, `k` neighbours an image; −1 is noise.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.artifacts.base import Float, Int


def misfit(clusters: Int, neighbours: Int) -> Float:
    """Return for each image the share (n,) in [0, 1] of its neighbours that are in another cluster.

    `clusters` (n,) and `neighbours` (n, k) are of the fitted images. Above one half an image lies mostly among
    others' members: it is at a border, or in the wrong cluster. Noise belongs nowhere, so it never is a misfit; as
    a neighbour it counts as another cluster. Weakness: members of a cluster smaller than k cannot score 0.
    """
    own = np.asarray(clusters)
    other = own[np.asarray(neighbours)] != own[:, None]
    return np.where(own < 0, 0, other.mean(axis=1)).astype(np.float32)


def rival(clusters: Int, neighbours: Int) -> Int:
    """Return for each image the other cluster (n,) that most of its neighbours are in, −1 where there is none.

    Of equally frequent ones it is that of the nearer neighbour.
    """
    own = np.asarray(clusters)
    around = own[np.asarray(neighbours)]
    counts = np.stack([(around == column[:, None]).sum(axis=1) for column in around.T], axis=1)
    counts[(around == own[:, None]) | (around < 0)] = 0
    rows, best = np.arange(len(own)), counts.argmax(axis=1)
    return np.where(counts[rows, best] > 0, around[rows, best], -1).astype(np.int32)


def outlier(distances: Float) -> Float:
    """Return how far each image is from its neighbours, (n,), relative to the median image: 1 is usual, 3 is far.

    The mean of an image's k nearest `distances` (n, k) over the median of these means. Where more than half of
    all images have k exact copies the median is 0; then the smallest mean that is not takes its place. Weakness:
    all of a sparse cluster looks far.
    """
    mean = np.asarray(distances, np.float64).mean(axis=1)
    usual = float(np.median(mean))
    if usual == 0:
        usual = float(min(mean[mean > 0], default=1.0))
    return np.asarray(mean / usual, np.float32)


def surprise(clusters: Int, labels: Int) -> NDArray[np.bool_]:
    """Return for each image whether its label is known and not its cluster's most frequent one, (n,).

    Either the image is in the wrong cluster or its label is wrong. Noise has no most frequent label, so it never
    surprises; of equally frequent labels the smallest counts.
    """
    usual = majority(clusters, labels)
    known = (np.asarray(labels) >= 0) & (np.asarray(clusters) >= 0)
    found = np.append(usual, np.int32(-1))[np.asarray(clusters)]
    return np.asarray(known & (found != np.asarray(labels)), np.bool_)


def majority(clusters: Int, labels: Int) -> Int:
    """Return the most frequent known label of each cluster (k,), −1 where none of its members has one."""
    k = int(np.max(clusters, initial=-1)) + 1
    kept = (np.asarray(clusters) >= 0) & (np.asarray(labels) >= 0)
    counts = np.zeros((k, int(np.max(labels, initial=0)) + 1), np.int64)
    np.add.at(counts, (np.asarray(clusters)[kept], np.asarray(labels)[kept]), 1)
    return np.where(counts.any(axis=1), counts.argmax(axis=1), -1).astype(np.int32)
