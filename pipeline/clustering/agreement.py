"""Agreement between repeats of a clustering: over pairs of repeats, cluster by cluster, and image by image."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from pipeline.artifacts.base import Float, Int
from pipeline.clustering.matching import ClusterMatching, match_clusters

Values = NDArray[np.float64]


def adjusted_rand_index(first: Int, second: Int) -> float:
    """Return the adjusted Rand index of two clusterings (n,): at most 1, 0 for chance; noise is one more cluster.

    Source: Hubert and Arabie, "Comparing partitions", 1985.
    """
    from sklearn.metrics import adjusted_rand_score

    return float(adjusted_rand_score(first, second))


def pairwise_ari(repeats: Sequence[Int]) -> Values:
    """Return the adjusted Rand index (r·(r − 1)/2,) float64 of every pair of r repeats (n,)."""
    return np.array([adjusted_rand_index(first, second) for first, second in combinations(repeats, 2)])


def jaccard_stability(reference: Int, repeats: Sequence[Int]) -> Values:
    """Return the stability (k,) float64 in [0, 1] of each cluster of `reference` (n,): its mean best Jaccard index.

    The Jaccard index of two clusters is |both| / |either|. In each repeat the best match counts; noise is no cluster.
    A cluster below 0.6 should not be trusted, one above 0.85 is highly stable. Limitation: two clusters that merge in a
    repeat may both match the merged one. Source: Hennig, "Cluster-wise assessment of cluster stability", 2007.
    """
    best = [_jaccard(reference, repeat).max(axis=1, initial=0.0) for repeat in repeats]
    return np.asarray(np.mean(best, axis=0))


def _jaccard(reference: Int, repeat: Int) -> Values:
    """The Jaccard index (k, l) of each cluster of the reference with each of the repeat, without noise."""
    matching = match_clusters(reference, repeat)
    rows, columns = np.array(matching.first) >= 0, np.array(matching.second) >= 0
    both = matching.counts[rows][:, columns]
    reference_sizes, repeat_sizes = matching.counts.sum(axis=1)[rows], matching.counts.sum(axis=0)[columns]
    either = reference_sizes[:, None] + repeat_sizes[None, :] - both
    return np.asarray(both / np.maximum(either, 1))


def align_clusters(reference: Int, repeat: Int) -> Int:
    """Return the repeat's clusters (n,) int32 renamed to those of the reference (n,), matched one to one.

    The matching is the Hungarian algorithm's. Noise stays −1; a cluster without a partner becomes −2.
    """
    names = _reference_names(match_clusters(reference, repeat))
    clusters, inverse = np.unique(repeat, return_inverse=True)
    return np.array([names.get(int(cluster), -2) for cluster in clusters], np.int32)[inverse]


def _reference_names(matching: ClusterMatching) -> dict[int, int]:
    """The reference's cluster by the repeat's, for clusters with a partner and for noise."""
    pairs = [(row, column) for row, column in enumerate(matching.partner) if column >= 0]
    return {matching.second[column]: matching.first[row] for row, column in pairs} | {-1: -1}


def consensus_clusters(reference: Int, repeats: Sequence[Int]) -> tuple[Int, Float]:
    """Return the cluster (n,) int32 that most repeats give each image, and the share (n,) float32 of repeats that do.

    Clusters have the reference's names, noise is −1. The reference's own cluster wins ties. A repeat's cluster without
    a partner is a vote for no cluster.
    """
    k = int(reference.max(initial=-1)) + 1
    rows = np.arange(len(reference))
    votes = np.zeros((len(reference), k + 2))
    for repeat in repeats:
        votes[rows, align_clusters(reference, repeat) + 2] += 1
    votes = votes[:, 1:]  # votes for no cluster count only in the number of repeats
    with_tie_break = votes.copy()
    with_tie_break[rows, reference + 1] += 0.5
    winner = with_tie_break.argmax(axis=1)
    return (winner - 1).astype(np.int32), (votes[rows, winner] / len(repeats)).astype(np.float32)
