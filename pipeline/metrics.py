"""Agreement of a clustering with labels: every score is a function of one contingency matrix.

All of them are higher-is-better, in [0, 1] (the adjusted ones may fall below 0), and do not change when clusters
or classes are renamed. Rows of the contingency matrix are classes, columns are clusters; noise (−1) is kept apart.
In purity and accuracy a noise point counts as wrong; in the information scores and ARI noise is one more cluster.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pipeline.sampling import drawn

Counts = NDArray[np.int64]

BLOCK = 2**24
"""Distances in memory at a time: 64 MiB of them."""


@dataclass(frozen=True)
class Contingency:
    """How many points of each class fell into each cluster.

    `counts` (classes, clusters) int64; `noise` (classes,) int64 counts unclustered points; `classes` and `clusters`
    name the rows and columns.
    """

    counts: Counts
    noise: Counts
    classes: NDArray[np.int64]
    clusters: NDArray[np.int64]

    @property
    def n(self) -> int:
        """Number of points, noise included."""
        return int(self.counts.sum() + self.noise.sum())

    @property
    def full(self) -> Counts:
        """The counts with noise, where there is any, as one more column."""
        return np.column_stack([self.counts, self.noise]) if self.noise.any() else self.counts

    def clustered(self) -> Contingency:
        """The same without noise, and without the classes that are noise altogether."""
        kept = self.counts.any(axis=1)
        return Contingency(self.counts[kept], np.zeros_like(self.noise[kept]), self.classes[kept], self.clusters)


def contingency_matrix(labels: ArrayLike, clusters: ArrayLike) -> Contingency:
    """Count pairs of true label and cluster; both (n,) integers, a cluster of −1 is noise.

    Points whose label is negative are unknown and left out. Any integers will do as names: they are not indices.
    """
    true, found = np.asarray(labels).ravel(), np.asarray(clusters).ravel()
    if true.shape != found.shape:
        raise ValueError(f"{len(true)} labels but {len(found)} clusters: give one of each a point")
    true, found = true[true >= 0], found[true >= 0]
    classes, row = np.unique(true, return_inverse=True)
    names, column = np.unique(found, return_inverse=True)
    counts = np.zeros((len(classes), len(names)), np.int64)
    np.add.at(counts, (row, column), 1)
    real = names >= 0
    return Contingency(counts[:, real], counts[:, ~real].sum(axis=1), classes, names[real])


def purity_score(table: Contingency) -> float:
    """Share of points that belong to the majority class of their cluster: Σ_j max_i n_ij / n.

    Weakness: it grows with the number of clusters and is 1 when every point is its own cluster, so k stands beside
    it. Never below accuracy. Source: Manning, Raghavan, Schütze, "Introduction to Information Retrieval", 16.3.
    """
    if not table.counts.size:
        return 0.0
    return float(table.counts.max(axis=0).sum() / table.n)


def accuracy_score(table: Contingency) -> float:
    """Share of points that are right under the best one-to-one matching of clusters to classes.

    The matching is the Hungarian algorithm's. Where clusters and classes differ in number the smaller side is
    padded with empty ones, so a surplus cluster counts as wrong. Source: Kuhn 1955; Yang et al., "Image clustering
    using local discriminant models", 2010.
    """
    from scipy.optimize import linear_sum_assignment

    if not table.counts.size:
        return 0.0
    rows, columns = linear_sum_assignment(table.counts, maximize=True)
    return float(table.counts[rows, columns].sum() / table.n)


def _entropy(sizes: Counts) -> float:
    share = sizes[sizes > 0] / max(sizes.sum(), 1)
    return float(-(share * np.log(share)).sum())


def _entropies(table: Contingency) -> tuple[float, float, float]:
    """H(class), H(cluster) and their mutual information, in nats."""
    counts = table.full
    of_class, of_cluster = _entropy(counts.sum(axis=1)), _entropy(counts.sum(axis=0))
    shared = of_class + of_cluster - _entropy(counts.ravel())
    return of_class, of_cluster, max(shared, 0.0)


def homogeneity_score(table: Contingency) -> float:
    """1 − H(class | cluster) / H(class): 1 when each cluster holds one class only.

    Weakness: grows with the number of clusters. Source: Rosenberg and Hirschberg 2007.
    """
    of_class, _, shared = _entropies(table)
    return min(shared / of_class, 1.0) if of_class else 1.0


def completeness_score(table: Contingency) -> float:
    """1 − H(cluster | class) / H(cluster): 1 when each class lies in one cluster.

    Weakness: falls with the number of clusters, and is 1 for a single one. Source: Rosenberg and Hirschberg 2007.
    """
    _, of_cluster, shared = _entropies(table)
    return min(shared / of_cluster, 1.0) if of_cluster else 1.0


def v_measure_score(table: Contingency) -> float:
    """Harmonic mean of homogeneity and completeness; equals NMI with the arithmetic mean.

    Weakness: not corrected for chance. Source: Rosenberg and Hirschberg 2007.
    """
    homogeneous, complete = homogeneity_score(table), completeness_score(table)
    return 2 * homogeneous * complete / (homogeneous + complete) if homogeneous + complete else 0.0


def nmi_score(table: Contingency) -> float:
    """Mutual information over the arithmetic mean of the two entropies.

    Weakness: not corrected for chance, so many small clusters are rewarded. Source: Vinh, Epps, Bailey 2010.
    """
    of_class, of_cluster, shared = _entropies(table)
    mean = (of_class + of_cluster) / 2
    return min(shared / mean, 1.0) if mean else 1.0


def ami_score(table: Contingency) -> float:
    """Mutual information adjusted for chance: 0 on average for random clusters, 1 for a perfect match; may be
    below 0.

    (MI − E[MI]) / (mean entropy − E[MI]) with the arithmetic mean. Weakness: slower than the others with many
    clusters. Source: Vinh, Epps, Bailey, "Information theoretic measures for clusterings comparison", 2010.
    """
    from sklearn.metrics.cluster import expected_mutual_information

    of_class, of_cluster, shared = _entropies(table)
    if of_class == of_cluster == 0.0:
        return 1.0
    chance = expected_mutual_information(table.full, int(table.full.sum()))
    room = (of_class + of_cluster) / 2 - chance
    # There is no room only where every point is its own class and its own cluster: a perfect match.
    return float((shared - chance) / room) if abs(room) > 1e-12 else 1.0


def ari_score(table: Contingency) -> float:
    """Adjusted Rand index: agreement over pairs, adjusted for chance; 0 for random, 1 for perfect, at least −0.5.

    Weakness: dominated by large clusters. Source: Hubert and Arabie 1985.
    """

    def pairs(sizes: Counts) -> float:
        return float((sizes.astype(float) * (sizes - 1) / 2).sum())

    counts = table.full
    together, classes, clusters = pairs(counts.ravel()), pairs(counts.sum(axis=1)), pairs(counts.sum(axis=0))
    total = table.n * (table.n - 1) / 2
    expected = classes * clusters / total if total else 0.0
    room = (classes + clusters) / 2 - expected
    return (together - expected) / room if room else 1.0


SCORES: dict[str, Callable[[Contingency], float]] = {
    score.__name__: score
    for score in (
        purity_score, accuracy_score, nmi_score, ami_score, ari_score,
        homogeneity_score, completeness_score, v_measure_score,
    )
}  # fmt: skip
"""Every score against labels. A new one is a function above and a name here."""


def score(labels: ArrayLike, clusters: ArrayLike) -> dict[str, float]:
    """Return every score of `SCORES`, k and coverage; with noise also `clustered/…`, the scores without it."""
    table = contingency_matrix(labels, clusters)
    values = {name: function(table) for name, function in SCORES.items()}
    values["k"] = float(len(table.clusters))
    values["coverage"] = float(1.0 - table.noise.sum() / table.n) if table.n else 1.0
    if table.noise.any() and table.counts.size:
        kept = table.clustered()
        values |= {f"clustered/{name}": function(kept) for name, function in SCORES.items()}
    return values


def per_cluster(table: Contingency) -> list[dict[str, float]]:
    """Return a row per cluster: cluster, size, majority class, purity, and the entropy of its classes in bits."""
    rows = []
    for column, cluster in enumerate(table.clusters):
        counts = table.counts[:, column]
        rows.append(
            {
                "cluster": int(cluster),
                "size": int(counts.sum()),
                "majority": int(table.classes[counts.argmax()]),
                "purity": float(counts.max() / counts.sum()),
                "entropy": _entropy(counts) / float(np.log(2)),
            }
        )
    return rows


def trustworthiness(
    latents: NDArray[Any], embedded: NDArray[Any], k: int = 15, sample: int | None = None, seed: int = 0
) -> float:
    """Share in [0, 1] of a map's neighbourhoods that are not intruders; 1: all near in the latents too.

    1 − 2/(m·k·(2n − 3k − 1)) · Σ over m points and their k map neighbours of max(0, rank in the latents − k). With
    `sample`, m random points are compared, each against all n; otherwise m = n. Weakness: says nothing of far
    distances. Source: Venna and Kaski 2001.
    """
    from pipeline.knn import search

    n = len(latents)
    k = min(k, (n - 1) // 2)
    if k < 1:
        return 1.0
    rows = drawn(n, n if sample is None else sample, seed)
    near, _ = search(embedded, embedded[rows], k + 1)
    penalty = 0.0
    full, norms = np.asarray(latents, np.float32), (np.asarray(latents, np.float32) ** 2).sum(axis=1)
    batch = max(1, min(256, BLOCK // n))
    for start in range(0, len(rows), batch):
        own = rows[start : start + batch]
        squared = norms[None] - 2 * full[own] @ full.T
        squared[np.arange(len(own)), own] = -np.inf
        place = np.take_along_axis(squared, near[start : start + batch], axis=1)
        for i, point in enumerate(own):
            others = near[start + i] != point
            targets = place[i][others][:k]
            rank = np.searchsorted(np.sort(squared[i]), targets)
            penalty += np.maximum(0, rank - k).sum()
    return float(1 - 2 * penalty / (len(rows) * k * (2 * n - 3 * k - 1)))


def neighbors_kept(indices: NDArray[Any], embedded: NDArray[Any], sample: int | None = None, seed: int = 0) -> float:
    """Share in [0, 1] of the k latent neighbours `indices` (n, k) that are among the k nearest in the map too.

    Weakness: the k-th and the k+1-th neighbour are often equally near, so even a fine map stays far below 1.
    Source: Lee and Verleysen 2009 (Q_NX).
    """
    from pipeline.knn import search

    n, k = indices.shape
    rows = drawn(n, n if sample is None else sample, seed)
    near, _ = search(embedded, embedded[rows], k + 1)
    shared = [len(np.intersect1d(indices[row], found[found != row][:k])) for row, found in zip(rows, near, strict=True)]
    return float(np.mean(shared) / k)
