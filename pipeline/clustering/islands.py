"""Move islands, small groups that lie apart from their cluster, to the cluster that is nearest among the latents.

UMAP places a small group of unusual images, such as ones with a foot among handwritten digits, where few edges of the
neighbour graph pull it, and a clusterer must give it to some cluster. What lies around the group among the latents,
farther away than the graph reaches, says better where it belongs.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from pipeline.artifacts.base import Float, Int
from pipeline.embedding.neighbors import search_neighbors
from pipeline.runtime.sampling import sample_rows

PARTS = 12
"""Components of the mixture that divides a cluster into parts."""

SAMPLE = 2_000
"""Most images of a cluster that this mixture is fitted to."""

LARGEST_SHARE = 0.1
"""The largest share of its cluster that an island has."""

FEWEST = 5
"""The smallest number of images in an island."""

MAJORITY = 1.75
"""How many times as many votes as its own cluster another one needs to get an island."""

GAP = 10.0
"""How many times as far as from each other the images of an island are from the rest of their cluster."""

Rows = NDArray[np.int64]


def move_islands(labels: Int, points: Float, latents: Float, seed: int) -> tuple[Int, list[str]]:
    """Return the labels (n,) int32 with islands moved to other clusters, and a note if there are any such.

    `labels` are ≥ 0, or −1 for noise, of `points` (n, d) on a manifold and `latents` (n, l). A Gaussian mixture divides
    each cluster into parts; small ones, joined where they touch, that are far from the rest are islands. An island
    moves if two classifiers of latents agree on another cluster: the vote of the √n/2 nearest images of each of its
    images, which must be clear, and the nearest centroid. Neither knows any island. No cluster becomes empty.
    """
    islands = list(_find_islands(labels, points, seed))
    if not islands:
        return labels, []
    outside = labels >= 0
    outside[np.concatenate(islands)] = False
    voted = _nearest_by_vote(islands, labels, latents, outside)
    centred = _nearest_centroids(islands, labels, latents, outside)
    moved, sizes = labels.copy(), []
    for island, target, centroid in zip(islands, voted, centred, strict=True):
        if target == centroid != labels[island[0]]:
            moved[island] = target
            sizes.append(len(island))
    if not sizes:
        return labels, []
    *others, last = [f"{size:,}" for size in sorted(sizes, reverse=True)]
    what = f"{len(sizes)} islands of {', '.join(others)} and {last} images" if others else f"an island of {last} images"
    return moved, [f"moved {what} to the cluster that is nearest among the latents"]


def _find_islands(labels: Int, points: Float, seed: int) -> Iterator[Rows]:
    """The rows of each island; a cluster that consists of islands for the most part has none."""
    for cluster in np.unique(labels[labels >= 0]):
        rows = np.flatnonzero(labels == cluster)
        islands = list(_islands_of(points[rows], seed))
        if 2 * sum(map(len, islands)) < len(rows):
            yield from (rows[island] for island in islands)


def _islands_of(points: Float, seed: int) -> Iterator[Rows]:
    """The positions of each island among the points (n, d) of a cluster."""
    parts = _divide(points, seed)
    small = [part for part, size in enumerate(np.bincount(parts)) if _is_small(size, len(points))]
    single = [part for part in small if _is_apart(points, parts == part)]
    yield from (np.flatnonzero(parts == part) for part in single)
    for joined in _join(points, parts, [part for part in small if part not in single]):
        inside = np.isin(parts, joined)
        if len(joined) > 1 and _is_small(inside.sum(), len(points)) and _is_apart(points, inside):
            yield np.flatnonzero(inside)


def _is_small(size: int, n: int) -> bool:
    """Whether a part may be an island of a cluster of n images."""
    return FEWEST <= size <= LARGEST_SHARE * n


def _divide(points: Float, seed: int) -> Int:
    """The part (n,) int32 of each of the points (n, d) of a cluster, numbered from 0; all 0 if it cannot be divided."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.mixture import GaussianMixture

    sample = points[sample_rows(len(points), SAMPLE, seed)]
    parts = min(PARTS, len(sample) // (points.shape[1] + 1))  # fewer points have no covariance
    if parts < 2:
        return np.zeros(len(points), np.int32)
    mixture = GaussianMixture(parts, init_params="k-means++", random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # the parts need not be the best ones
        try:
            labels = mixture.fit(sample).predict(points)
        except ValueError:  # many copies of few images have no covariance
            return np.zeros(len(points), np.int32)
    return np.unique(labels, return_inverse=True)[1].astype(np.int32)


def _join(points: Float, parts: Int, small: list[int]) -> list[list[int]]:
    """The small parts in lists, each of parts that are not apart from each other: a mixture may divide an island."""
    from scipy.sparse.csgraph import connected_components

    touching = np.zeros((len(small), len(small)), bool)
    for a, b in combinations(range(len(small)), 2):
        both = np.isin(parts, [small[a], small[b]])
        touching[a, b] = not _is_apart(points[both], parts[both] == small[a])
    number, component = connected_components(touching, directed=False)
    return [[part for part, its in zip(small, component, strict=True) if its == joined] for joined in range(number)]


def _is_apart(points: Float, inside: NDArray[np.bool_]) -> bool:
    """Whether the points inside are much farther from the others than from each other, by the median to the nearest."""
    island, others = points[inside], points[~inside]
    _, to_each_other = search_neighbors(island, island, 2)  # the first neighbour is the point itself
    _, to_others = search_neighbors(others, island, 1)
    return bool(np.median(to_others) > GAP * np.median(to_each_other[:, 1]))


def _nearest_by_vote(islands: list[Rows], labels: Int, latents: Float, outside: NDArray[np.bool_]) -> list[int]:
    """For each island the cluster that most of the √n/2 nearest images outside, of each image in it, are in.

    It is the island's own where no other has `MAJORITY` times as many of them.
    """
    others = np.flatnonzero(outside)
    k = min(max(1, round(np.sqrt(len(labels)) / 2)), len(others))
    indices, _ = search_neighbors(latents[others], latents[np.concatenate(islands)], k)
    voters = np.split(labels[others][indices], np.cumsum([len(island) for island in islands])[:-1])
    return [_clear_winner(clusters, int(labels[island[0]])) for clusters, island in zip(voters, islands, strict=True)]


def _clear_winner(voters: Int, own: int) -> int:
    """The cluster of most `voters`, or the `own` one if the vote is close."""
    votes = np.bincount(voters.ravel(), minlength=own + 1)
    return int(votes.argmax()) if votes.max() >= MAJORITY * votes[own] else own


def _nearest_centroids(islands: list[Rows], labels: Int, latents: Float, outside: NDArray[np.bool_]) -> list[int]:
    """For each island the cluster whose images outside have the mean nearest to that of the island."""
    clusters = np.unique(labels[outside])
    means = np.stack([latents[outside & (labels == cluster)].mean(axis=0) for cluster in clusters])
    centroids = [latents[island].mean(axis=0) for island in islands]
    return [int(clusters[np.linalg.norm(means - centroid, axis=1).argmin()]) for centroid in centroids]
