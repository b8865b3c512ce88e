"""Clusters numbered by size, and their mean latents."""

from __future__ import annotations

import numpy as np

from pipeline.artifacts.base import Float, Int


def number_by_size(labels: Int) -> Int:
    """Return a table (labels + 1,) int32 from each label + 1 to its cluster: clusters are numbered by falling size.

    `labels` (n,) are an estimator's. Noise (−1) and labels without members become −1; of equal sizes the smaller label
    comes first.
    """
    sizes = np.bincount(labels[labels >= 0])
    table = np.full(len(sizes) + 1, -1, np.int32)
    by_size = np.argsort(-sizes, kind="stable")[: np.count_nonzero(sizes)]
    table[1 + by_size] = np.arange(len(by_size))
    return table


def renumber(labels: Int, table: Int) -> Int:
    """Return the clusters (m,) int32 of an estimator's labels (m,); −1 for noise and for labels not in the table."""
    extended = np.append(np.asarray(table), np.int32(-1))
    return extended[np.minimum(labels + 1, len(extended) - 1)]


def cluster_centres(latents: Float, clusters: Int) -> Float:
    """Return the mean latents (k, d) float32 of each cluster's members, of `latents` (n, d) and `clusters` (n,)."""
    k = int(clusters.max(initial=-1)) + 1
    members = clusters >= 0
    sums = np.zeros((k, latents.shape[1]))
    np.add.at(sums, clusters[members], latents[members])
    sizes = np.maximum(np.bincount(clusters[members], minlength=k), 1)
    return (sums / sizes[:, None]).astype(np.float32)
