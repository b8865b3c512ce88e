"""k-means of latents that lie in many files: each pass sums up every file on its own, and adds the sums in their order.

So the result depends neither on the engine nor on the number of its workers. Lloyd's iterations as in scikit-learn's
`KMeans(algorithm="lloyd", n_init=1)`, whose rules for empty clusters and for the end these are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial, reduce
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.artifacts.base import Float, Int
from pipeline.observer import SILENT, Observer
from pipeline.sampling import drawn
from pipeline.sharded.engine import Engine
from pipeline.sharded.files import write_parquet

Double = NDArray[np.float64]
CHUNK = 8192
"""Rows that are looked at together, in double precision."""


@dataclass(frozen=True)
class Sums:
    """What one pass finds in some of the points.

    `sums` (k, d) and `counts` (k,) of each cluster's members, `inertia`, and the points farthest from their centres,
    at most k of them, farthest first: `points` (f, d), `distances` (f,) squared, `clusters` (f,).
    """

    sums: Double
    counts: NDArray[np.int64]
    inertia: float
    points: Double
    distances: Double
    clusters: NDArray[np.intp]

    def __add__(self, other: Sums) -> Sums:
        """Return what is found in both."""
        distances = np.concatenate([self.distances, other.distances])
        most = _farthest(distances, len(self.counts))
        return Sums(
            self.sums + other.sums,
            self.counts + other.counts,
            self.inertia + other.inertia,
            np.concatenate([self.points, other.points])[most],
            distances[most],
            np.concatenate([self.clusters, other.clusters])[most],
        )


@dataclass(frozen=True)
class Centres:
    """The centres (k, d) float64 of clusters numbered by falling size, their sizes (k,), inertia, and passes made."""

    centres: Double
    counts: NDArray[np.int64]
    inertia: float
    iterations: int


def kmeans(
    files: Sequence[Path],
    centres: Double,
    engine: Engine,
    tolerance: float = 0.0,
    iterations: int = 300,
    observer: Observer = SILENT,
) -> Centres:
    """Return where Lloyd's iterations from `centres` (k, d) end, over the rows of all `files` (`.npy`, (n, d)).

    They end when all centres together move by no more than `tolerance`, as a squared distance, or after so many.
    """
    done = 0
    for done in range(1, iterations + 1):
        found = _pass(files, centres, engine)
        moved = _moved(centres, found)
        shift = float(((moved - centres) ** 2).sum())
        centres = moved
        observer.measured(done, {"kmeans_inertia": found.inertia})
        if shift <= tolerance:
            break
    found = _pass(files, centres, engine)
    order = np.argsort(-found.counts, kind="stable")
    return Centres(centres[order], found.counts[order], found.inertia, done)


def start(files: Sequence[Path], k: int, sample: int, seed: int) -> tuple[Double, float]:
    """Return first centres (k, d), and the mean variance of a dimension, both of a sample of so many rows.

    The centres are those of scikit-learn's k-means of the sample, the best of ten starts by k-means++.
    """
    from sklearn.cluster import KMeans

    rows = sampled(files, sample, seed)
    fitted = KMeans(k, n_init=10, random_state=seed).fit(rows)
    return fitted.cluster_centers_.astype(np.float64), float(rows.var(axis=0).mean())


def sampled(files: Sequence[Path], size: int, seed: int) -> Double:
    """Return `size` rows of all the files together, (size, d), drawn without replacement; all where there are fewer."""
    maps = [np.load(file, mmap_mode="r", allow_pickle=False) for file in files]
    borders = np.cumsum([0, *(len(one) for one in maps)])
    rows = drawn(int(borders[-1]), size, seed)
    cuts = np.searchsorted(rows, borders)
    parts = [one[rows[a:b] - border] for one, a, b, border in zip(maps, cuts, cuts[1:], borders, strict=False)]
    return np.concatenate(parts).astype(np.float64)


def nearest(latents: Float, centres: Double) -> tuple[Int, Double]:
    """Return the nearest centre (n,) of each row, the first of equal ones, and the squared distances (n,).

    One thread works, so that the bits do not depend on how many there are.
    """
    from threadpoolctl import threadpool_limits

    labels, distances = np.empty(len(latents), np.int32), np.empty(len(latents))
    norms = (centres**2).sum(axis=1)
    with threadpool_limits(1):
        for first in range(0, len(latents), CHUNK):
            rows = slice(first, first + CHUNK)
            points = np.asarray(latents[rows], np.float64)
            labels[rows] = (norms - 2 * points @ centres.T).argmin(axis=1)
            distances[rows] = ((points - centres[labels[rows]]) ** 2).sum(axis=1)
    return labels, distances


def sums(centres: Double, file: Path) -> Sums:
    """Return what one pass finds in one file."""
    latents = np.load(file, mmap_mode="r", allow_pickle=False)
    labels, distances = nearest(latents, centres)
    total = np.zeros_like(centres)
    for first in range(0, len(latents), CHUNK):
        rows = slice(first, first + CHUNK)
        order = np.argsort(labels[rows], kind="stable")
        there, borders = np.unique(labels[rows][order], return_index=True)
        total[there] += np.add.reduceat(np.asarray(latents[rows], np.float64)[order], borders, axis=0)
    most = _farthest(distances, len(centres))
    return Sums(
        total,
        np.bincount(labels, minlength=len(centres)),
        float(distances.sum()),
        np.asarray(latents[most], np.float64),
        distances[most],
        labels[most].astype(np.intp),
    )


def label(centres: Double, folder: Path, into: str, name: str) -> None:
    """Write a shard's nearest centres below `folder`: `into`/NAME.parquet with image, cluster and distance."""
    latents = np.load(folder / "latents" / f"{name}.npy", mmap_mode="r", allow_pickle=False)
    clusters, squared = nearest(latents, centres)
    table = pd.read_parquet(folder / "assigned" / f"{name}.parquet", columns=["image"])
    table["cluster"], table["distance"] = clusters, np.sqrt(squared).astype(np.float32)
    write_parquet(table, folder / into / f"{name}.parquet", {"shard": name})


def _pass(files: Sequence[Path], centres: Double, engine: Engine) -> Sums:
    found: Iterable[Sums] = engine.map(partial(sums, centres), files)
    return reduce(Sums.__add__, found)


def _moved(centres: Double, found: Sums) -> Double:
    """The members' means; a cluster without any gets the farthest point that is left, as scikit-learn has it."""
    total, counts = found.sums.copy(), found.counts.copy()
    if found.distances.max(initial=0) > 0:  # else there are fewer different points than centres
        for empty, point, old in zip(np.flatnonzero(counts == 0), found.points, found.clusters, strict=False):
            total[old] -= point
            total[empty] = point
            counts[old] -= 1
            counts[empty] = 1
    return np.where(counts[:, None] > 0, total / np.maximum(counts, 1)[:, None], centres)


def _farthest(distances: Double, count: int) -> NDArray[np.intp]:
    """Places of at most so many of the largest, largest first."""
    there = np.arange(len(distances))
    if len(distances) > count:
        there = np.sort(np.argpartition(distances, -count)[-count:])
    return there[np.argsort(-distances[there], kind="stable")]
