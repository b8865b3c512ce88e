"""The contribution of one file to a pass of k-means; contributions of several files can be added."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.artifacts.base import Float, Int
from pipeline.runtime.array_files import map_array

Double = NDArray[np.float64]
CHUNK = 8192
"""Rows that are converted to double precision together."""


@dataclass(frozen=True)
class PartialSums:
    """Statistics of the assignment of some points to the nearest of k centres.

    `sums` (k, d) and `counts` (k,) of each cluster's members; `inertia`; and the points that are farthest from their
    centres, at most k, farthest first: `farthest_points` (f, d), their squared `distances` (f,) and `clusters` (f,).
    """

    sums: Double
    counts: NDArray[np.int64]
    inertia: float
    farthest_points: Double
    distances: Double
    clusters: NDArray[np.intp]

    def __add__(self, other: PartialSums) -> PartialSums:
        """Return the statistics of the points of both."""
        distances = np.concatenate([self.distances, other.distances])
        farthest = _largest(distances, len(self.counts))
        return PartialSums(
            self.sums + other.sums,
            self.counts + other.counts,
            self.inertia + other.inertia,
            np.concatenate([self.farthest_points, other.farthest_points])[farthest],
            distances[farthest],
            np.concatenate([self.clusters, other.clusters])[farthest],
        )


def sum_file(centres: Double, file: Path) -> PartialSums:
    """Return the statistics of the latents (n, d) in one `.npy` file."""
    latents = map_array(file)
    labels, distances = nearest_centres(latents, centres)
    sums = np.zeros_like(centres)
    for start in range(0, len(latents), CHUNK):
        rows = slice(start, start + CHUNK)
        order = np.argsort(labels[rows], kind="stable")
        present, starts = np.unique(labels[rows][order], return_index=True)
        sums[present] += np.add.reduceat(np.asarray(latents[rows], np.float64)[order], starts, axis=0)
    farthest = _largest(distances, len(centres))
    return PartialSums(
        sums,
        np.bincount(labels, minlength=len(centres)),
        float(distances.sum()),
        np.asarray(latents[farthest], np.float64),
        distances[farthest],
        labels[farthest].astype(np.intp),
    )


def nearest_centres(latents: Float, centres: Double) -> tuple[Int, Double]:
    """Return the nearest centre (n,) of each row, the first of ties, and the squared distances (n,).

    One thread computes the products, so that results do not depend on the number of threads.
    """
    from threadpoolctl import threadpool_limits

    labels, distances = np.empty(len(latents), np.int32), np.empty(len(latents))
    norms = (centres**2).sum(axis=1)
    with threadpool_limits(1):
        for start in range(0, len(latents), CHUNK):
            rows = slice(start, start + CHUNK)
            points = np.asarray(latents[rows], np.float64)
            labels[rows] = (norms - 2 * points @ centres.T).argmin(axis=1)
            distances[rows] = ((points - centres[labels[rows]]) ** 2).sum(axis=1)
    return labels, distances


def _largest(values: Double, count: int) -> NDArray[np.intp]:
    """Return the positions of at most `count` of the largest values, largest first."""
    positions = np.arange(len(values))
    if len(values) > count:
        positions = np.sort(np.argpartition(values, -count)[-count:])
    return positions[np.argsort(-values[positions], kind="stable")]
