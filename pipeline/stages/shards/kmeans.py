"""k-means of latents in many files, with the same result on any engine and any number of workers.

scikit-learn's `KMeans` needs all points in memory. This is Lloyd's algorithm with the stopping rule and the treatment
of empty clusters of `KMeans(algorithm="lloyd", n_init=1)`; sums of files are always added in the order of the files.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial, reduce
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.runtime.array_files import map_array
from pipeline.runtime.errors import UserError
from pipeline.runtime.observer import SILENT, Observer
from pipeline.runtime.sampling import sample_rows
from pipeline.stages.shards.engine import ShardEngine
from pipeline.stages.shards.partial_sums import Double, PartialSums, sum_file


@dataclass(frozen=True)
class KMeansCentres:
    """The centres (k, d) float64, largest cluster first, their sizes `counts` (k,), inertia, and number of passes."""

    centres: Double
    counts: NDArray[np.int64]
    inertia: float
    iterations: int


def sharded_kmeans(
    files: Sequence[Path],
    centres: Double,
    engine: ShardEngine,
    tol: float = 0.0,
    max_iter: int = 300,
    observer: Observer = SILENT,
) -> KMeansCentres:
    """Return the result of Lloyd's algorithm from `centres` (k, d) over the rows (n, d) of all `.npy` files.

    It stops after `max_iter` passes, or when the summed squared shift of the centres is at most `tol`.
    """
    done = 0
    for done in range(1, max_iter + 1):
        sums = _sum_files(files, centres, engine)
        updated = _update_centres(centres, sums)
        shift = float(((updated - centres) ** 2).sum())
        centres = updated
        observer.report_metrics(done, {"kmeans_inertia": sums.inertia})
        if shift <= tol:
            break
    sums = _sum_files(files, centres, engine)
    order = np.argsort(-sums.counts, kind="stable")
    return KMeansCentres(centres[order], sums.counts[order], sums.inertia, done)


def initial_centres(files: Sequence[Path], k: int, sample: int, seed: int) -> tuple[Double, float]:
    """Return initial centres (k, d) and the mean variance of a dimension, from a random sample of `sample` rows.

    The centres are those of scikit-learn's k-means of the sample, the best of ten k-means++ starts.

    Raises:
        UserError: there are fewer rows in the sample than centres.
    """
    from sklearn.cluster import KMeans

    rows = sample_latents(files, sample, seed)
    if k > len(rows):
        raise UserError(f"shards.k = {k}: there are {len(rows):,} images in the sample; give at most that many")
    kmeans = KMeans(k, n_init=10, random_state=seed).fit(rows)
    return kmeans.cluster_centers_.astype(np.float64), float(rows.var(axis=0).mean())


def sample_latents(files: Sequence[Path], size: int, seed: int) -> Double:
    """Return `size` rows (size, d) of all files together, drawn without replacement; all rows if there are fewer."""
    arrays = [map_array(file) for file in files]
    offsets = np.cumsum([0, *(len(array) for array in arrays)])
    rows = sample_rows(int(offsets[-1]), size, seed)
    cuts = np.searchsorted(rows, offsets)
    parts = [
        array[rows[start:stop] - offset]
        for array, start, stop, offset in zip(arrays, cuts, cuts[1:], offsets, strict=False)
    ]
    return np.concatenate(parts).astype(np.float64)


def _sum_files(files: Sequence[Path], centres: Double, engine: ShardEngine) -> PartialSums:
    parts: Iterable[PartialSums] = engine.map(partial(sum_file, centres), files)
    return reduce(PartialSums.__add__, parts)


def _update_centres(centres: Double, sums: PartialSums) -> Double:
    """Return the means of the members; an empty cluster gets the farthest remaining point, as in scikit-learn."""
    totals, counts = sums.sums.copy(), sums.counts.copy()
    if sums.distances.max(initial=0) > 0:  # otherwise there are fewer distinct points than centres
        empty_clusters = np.flatnonzero(counts == 0)
        for empty, point, donor in zip(empty_clusters, sums.farthest_points, sums.clusters, strict=False):
            totals[donor] -= point
            totals[empty] = point
            counts[donor] -= 1
            counts[empty] = 1
    return np.where(counts[:, None] > 0, totals / np.maximum(counts, 1)[:, None], centres)
