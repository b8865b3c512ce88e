"""Agreement of a clustering with labels: every score is a function of one contingency matrix.

The information scores and ARI are scikit-learn's. Purity, accuracy and the treatment of noise are ours: scikit-learn
has neither of the two scores and knows no noise. All scores are higher-is-better, in [0, 1] (the adjusted ones may be
negative), and do not change if clusters or classes are renamed. In purity and accuracy a noise point counts as wrong;
in the information scores and ARI noise is one more cluster.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Counts = NDArray[np.int64]


@dataclass(frozen=True)
class Contingency:
    """Number of points of each class in each cluster.

    `counts` (classes, clusters) int64; `noise` (classes,) int64 counts unclustered points; `classes` and `clusters`
    int64 are the labels of the rows and columns.
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
    def counts_with_noise(self) -> Counts:
        """The counts (classes, clusters), and noise as a last column if there is any."""
        return np.column_stack([self.counts, self.noise]) if self.noise.any() else self.counts

    def without_noise(self) -> Contingency:
        """Return the contingency of the clustered points alone, without classes that have none."""
        rows = self.counts.any(axis=1)
        return Contingency(self.counts[rows], np.zeros_like(self.noise[rows]), self.classes[rows], self.clusters)

    def label_pairs(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the row and the column (n,) int64 of every point, noise as one more column, sorted by row."""
        counts = self.counts_with_noise
        rows, columns = np.nonzero(counts)
        repeats = counts[rows, columns]
        return np.repeat(rows, repeats), np.repeat(columns, repeats)


def contingency_matrix(labels: ArrayLike, clusters: ArrayLike) -> Contingency:
    """Count the points of each class in each cluster.

    `labels` and `clusters` (n,) are any integers; they need not be consecutive. Points with a negative label are
    unknown and left out; a negative cluster is noise.

    Raises:
        ValueError: the two differ in length.
    """
    labels, clusters = np.asarray(labels).ravel(), np.asarray(clusters).ravel()
    if labels.shape != clusters.shape:
        raise ValueError(f"{len(labels)} labels but {len(clusters)} clusters: give one of each per point")
    labels, clusters = labels[labels >= 0], clusters[labels >= 0]
    class_labels, row = np.unique(labels, return_inverse=True)
    cluster_labels, column = np.unique(clusters, return_inverse=True)
    counts = np.zeros((len(class_labels), len(cluster_labels)), np.int64)
    np.add.at(counts, (row, column), 1)
    is_cluster = cluster_labels >= 0
    noise = counts[:, ~is_cluster].sum(axis=1)
    return Contingency(counts[:, is_cluster], noise, class_labels, cluster_labels[is_cluster])


def purity_score(table: Contingency) -> float:
    """Share of points that belong to the majority class of their cluster: Σ_j max_i n_ij / n.

    0 without clusters. Never below accuracy. Limitation: it grows with the number of clusters and is 1 if every point
    is its own cluster, so k stands beside it. Source: Manning, Raghavan, Schütze, "Introduction to Information
    Retrieval", 16.3.
    """
    if not table.counts.size:
        return 0.0
    return float(table.counts.max(axis=0).sum() / table.n)


def accuracy_score(table: Contingency) -> float:
    """Share of points that are right under the best one-to-one matching of clusters to classes.

    The matching is the Hungarian algorithm's. If clusters and classes differ in number the smaller side is padded with
    empty ones, so a surplus cluster counts as wrong. 0 without clusters. Source: Kuhn 1955; Yang et al., "Image
    clustering using local discriminant models", 2010.
    """
    from scipy.optimize import linear_sum_assignment

    if not table.counts.size:
        return 0.0
    rows, columns = linear_sum_assignment(table.counts, maximize=True)
    return float(table.counts[rows, columns].sum() / table.n)


def _sklearn_score(name: str, table: Contingency) -> float:
    """The score of that name in `sklearn.metrics`, at most 1; 1 for an empty table."""
    from sklearn import metrics

    if not table.n:
        return 1.0
    with warnings.catch_warnings():
        # Many small clusters are legitimate here; scikit-learn suspects a regression target.
        warnings.filterwarnings("ignore", "The number of unique classes", UserWarning)
        score = getattr(metrics, name)(*table.label_pairs())
    return min(float(score), 1.0)


def homogeneity_score(table: Contingency) -> float:
    """1 − H(class | cluster) / H(class): 1 when each cluster holds one class only.

    1 if there is at most one class. Limitation: it grows with the number of clusters. Source: Rosenberg and Hirschberg,
    "V-Measure", 2007.
    """
    return _sklearn_score("homogeneity_score", table)


def completeness_score(table: Contingency) -> float:
    """1 − H(cluster | class) / H(cluster): 1 when each class lies in one cluster.

    1 if there is at most one cluster. Limitation: it falls with the number of clusters. Source: Rosenberg and
    Hirschberg, "V-Measure", 2007.
    """
    return _sklearn_score("completeness_score", table)


def v_measure_score(table: Contingency) -> float:
    """Harmonic mean of homogeneity and completeness; equals NMI with the arithmetic mean.

    0 if both are 0. Limitation: it is not corrected for chance. Source: Rosenberg and Hirschberg, "V-Measure", 2007.
    """
    return _sklearn_score("v_measure_score", table)


def nmi_score(table: Contingency) -> float:
    """Mutual information over the arithmetic mean of the two entropies.

    1 if there is at most one class and at most one cluster. Limitation: it is not corrected for chance, so many small
    clusters are rewarded. Source: Vinh, Epps, Bailey, "Information theoretic measures for clusterings comparison",
    2010.
    """
    return _sklearn_score("normalized_mutual_info_score", table)


def ami_score(table: Contingency) -> float:
    """Mutual information adjusted for chance: 0 on average for random clusters, 1 for a perfect match; may be
    below 0.

    (MI − E[MI]) / (mean entropy − E[MI]) with the arithmetic mean. 1 if there is at most one class and at most one
    cluster, 0 if only one of the two is split; 1 if every point is its own class and its own cluster, where the formula
    is 0/0. Limitation: it is slower than the others with many clusters. Source: Vinh, Epps, Bailey, "Information
    theoretic measures for clusterings comparison", 2010.
    """
    counts = table.counts_with_noise
    if counts.sum(axis=0).max(initial=0) <= 1 and counts.sum(axis=1).max(initial=0) <= 1:
        return 1.0
    return _sklearn_score("adjusted_mutual_info_score", table)


def ari_score(table: Contingency) -> float:
    """Adjusted Rand index: agreement over pairs, adjusted for chance; 0 for random, 1 for perfect, at least −0.5.

    1 if no pair of points is judged differently, as with one point. Limitation: large clusters dominate it. Source:
    Hubert and Arabie, "Comparing partitions", 1985.
    """
    return _sklearn_score("adjusted_rand_score", table)


SCORES: dict[str, Callable[[Contingency], float]] = {
    function.__name__: function
    for function in (
        purity_score, accuracy_score, nmi_score, ami_score, ari_score,
        homogeneity_score, completeness_score, v_measure_score,
    )
}  # fmt: skip
"""Every score against labels. To add one, write a function above and name it here."""


def score_clustering(labels: ArrayLike, clusters: ArrayLike) -> dict[str, float]:
    """Return every score of `SCORES`, k and coverage; with noise also `clustered/…`, the scores without noise.

    `labels` (n,), negative where unknown, and `clusters` (n,), negative for noise, are integers. The scores are of the
    labelled points. k and coverage are of all points: the number of clusters, and the share of points in one, 1 without
    points.
    """
    clusters = np.asarray(clusters).ravel()
    table = contingency_matrix(labels, clusters)
    values = {name: function(table) for name, function in SCORES.items()}
    is_clustered = clusters >= 0
    values["k"] = float(len(np.unique(clusters[is_clustered])))
    values["coverage"] = float(is_clustered.mean()) if len(clusters) else 1.0
    if table.noise.any() and table.counts.size:
        clustered = table.without_noise()
        values |= {f"clustered/{name}": function(clustered) for name, function in SCORES.items()}
    return values


def per_cluster(table: Contingency) -> list[dict[str, float]]:
    """Return a row per cluster: cluster, size, majority class, purity, and the entropy of its classes in bits."""
    from scipy.stats import entropy

    rows = []
    for column, cluster in enumerate(table.clusters):
        counts = table.counts[:, column]
        rows.append(
            {
                "cluster": int(cluster),
                "size": int(counts.sum()),
                "majority": int(table.classes[counts.argmax()]),
                "purity": float(counts.max() / counts.sum()),
                "entropy": float(entropy(counts, base=2)),
            }
        )
    return rows
