"""How far repeats of a clustering agree: over pairs of repeats, cluster by cluster, and image by image."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from pipeline.artifacts.base import Float, Int
from pipeline.comparing.overlap import overlap

Values = NDArray[np.float64]


def ari(one: Int, other: Int) -> float:
    """Return the adjusted Rand index of two clusterings (n,), at most 1, 0 for chance; noise is one more cluster.

    Source: Hubert and Arabie 1985.
    """
    from sklearn.metrics import adjusted_rand_score

    return float(adjusted_rand_score(one, other))


def pairwise(repeats: Sequence[Int]) -> Values:
    """Return the ARI of every pair of repeats (n,): r·(r − 1)/2 values."""
    return np.array([ari(one, other) for one, other in combinations(repeats, 2)])


def jaccard(reference: Int, repeats: Sequence[Int]) -> Values:
    """Return the stability (k,) in [0, 1] of each cluster of `reference` (n,): its best Jaccard, the mean over repeats.

    Jaccard is |both| / |either|, 1 where a repeat has the very same cluster; its best match counts. Noise is none.
    Under 0.6 a cluster should not be trusted, from 0.85 on it is highly stable. Weakness: two clusters that merge may
    both find the merged one. Source: Hennig, "Cluster-wise assessment of cluster stability", 2007.
    """
    found = []
    for repeat in repeats:
        both = overlap(reference, repeat)
        real = both.counts[[name >= 0 for name in both.first]][:, [name >= 0 for name in both.second]]
        sizes = [np.bincount(clusters[clusters >= 0])[names] for clusters, names in (
            (reference, [name for name in both.first if name >= 0]),
            (repeat, [name for name in both.second if name >= 0]),
        )]  # fmt: skip
        either = sizes[0][:, None] + sizes[1][None, :] - real
        found.append((real / np.maximum(either, 1)).max(axis=1, initial=0.0))
    return np.asarray(np.mean(found, axis=0))


def aligned(reference: Int, repeat: Int) -> Int:
    """Return the repeat's clusters (n,) under the reference's names, matched one to one by the Hungarian algorithm.

    Noise stays −1; a cluster without a partner becomes −2.
    """
    both = overlap(reference, repeat)
    names = {both.second[column]: both.first[row] for row, column in enumerate(both.partner) if column >= 0}
    names[-1] = -1
    present, place = np.unique(repeat, return_inverse=True)
    return np.array([names.get(int(name), -2) for name in present], np.int32)[place]


def consensus(reference: Int, repeats: Sequence[Int]) -> tuple[Int, Float]:
    """Return the cluster (n,) that most repeats give each image, and the share (n,) in [0, 1] of them that do.

    Clusters have the reference's names, noise −1; where votes are even, its own cluster wins. A repeat's cluster that
    has no partner is a vote for none.
    """
    k = int(reference.max(initial=-1)) + 1
    rows = np.arange(len(reference))
    votes = np.zeros((len(reference), k + 2))
    for repeat in repeats:
        votes[rows, aligned(reference, repeat) + 2] += 1
    votes = votes[:, 1:]  # votes for none count in the number of repeats alone
    preferred = votes.copy()
    preferred[rows, reference + 1] += 0.5
    chosen = preferred.argmax(axis=1)
    return (chosen - 1).astype(np.int32), (votes[rows, chosen] / len(repeats)).astype(np.float32)
