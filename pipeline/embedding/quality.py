"""How well a map keeps the neighbourhoods of the latent space.

scikit-learn's `trustworthiness` compares all pairs of points and holds an (n, n) matrix; the functions here take a
sample of the points and search neighbours with faiss, so that they run on 60,000 images.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.embedding.neighbors import search_neighbors
from pipeline.runtime.sampling import sample_rows

BLOCK = 2**23
"""Largest number of float32 distances in memory at a time: 32 MiB."""

MAX_BATCH = 256
"""Largest number of points whose distances to all others are computed at a time."""


def trustworthiness(
    latents: NDArray[Any], embedded: NDArray[Any], k: int = 15, sample: int | None = None, seed: int = 0
) -> float:
    """Trustworthiness of a map in [0, 1]: 1 if all neighbours on the map are neighbours in the latent space.

    1 − 2/(m·k·(2n − 3k − 1)) · Σ over m points and their k map neighbours of max(0, rank in the latents − k).
    `latents` (n, d) and `embedded` (n, p) are the same points; k is lowered to (n − 1) // 2 if it is larger. With
    `sample`, m random points are compared, each against all n; otherwise m = n, and the value is that of
    `sklearn.manifold.trustworthiness`. Limitation: it says nothing about large distances. Source: Venna and Kaski,
    "Neighborhood preservation in nonlinear projection methods", 2001.
    """
    n = len(latents)
    k = min(k, (n - 1) // 2)
    if k < 1:
        return 1.0
    rows = sample_rows(n, n if sample is None else sample, seed)
    map_neighbors, _ = search_neighbors(embedded, embedded[rows], k + 1)
    points = _centre(latents)
    norms = (points**2).sum(axis=1)
    batch = max(1, min(MAX_BATCH, BLOCK // n))
    penalty = 0.0
    for start in range(0, len(rows), batch):
        part = slice(start, start + batch)
        penalty = _add_penalties(penalty, points, norms, rows[part], map_neighbors[part], k)
    return float(1 - 2 * penalty / (len(rows) * k * (2 * n - 3 * k - 1)))


def _centre(points: NDArray[Any]) -> NDArray[np.float32]:
    """The points (n, d) less their mean: squared norms of float32 lose the distances far from the origin."""
    values = np.asarray(points)
    return np.asarray(values - values.mean(axis=0, dtype=np.float64).astype(values.dtype), np.float32)


def _add_penalties(
    penalty: float, points: NDArray[Any], norms: NDArray[Any], rows: NDArray[Any], map_neighbors: NDArray[Any], k: int
) -> float:
    """Add max(0, latent rank − k) of the k map neighbours of each of the `rows` to the penalty."""
    # Squared distances less the point's own squared norm, which does not change their order.
    squared = 2 * points[rows] @ points.T
    np.subtract(norms[None], squared, out=squared)
    squared[np.arange(len(rows)), rows] = -np.inf
    neighbor_distances = np.take_along_axis(squared, map_neighbors, axis=1)
    for i, row in enumerate(rows):
        distances = neighbor_distances[i][map_neighbors[i] != row][:k]
        ranks = np.searchsorted(np.sort(squared[i]), distances)
        penalty += np.maximum(0, ranks - k).sum()
    return penalty


def neighbors_kept(indices: NDArray[Any], embedded: NDArray[Any], sample: int | None = None, seed: int = 0) -> float:
    """Share in [0, 1] of the k latent neighbours `indices` (n, k) that are among the k nearest in the map too.

    `embedded` (n, p) is the map. With `sample`, only that many random points are checked, against all n. Limitation:
    the k-th and the k+1-th neighbour are often equally near, so even a good map stays far below 1. Source: Lee and
    Verleysen, "Quality assessment of dimensionality reduction: rank-based criteria", 2009 (Q_NX).
    """
    n, k = indices.shape
    rows = sample_rows(n, n if sample is None else sample, seed)
    map_neighbors, _ = search_neighbors(embedded, embedded[rows], k + 1)
    shared = [
        len(np.intersect1d(indices[row], nearest[nearest != row][:k]))
        for row, nearest in zip(rows, map_neighbors, strict=True)
    ]
    return float(np.mean(shared) / k)
