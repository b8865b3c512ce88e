"""Groups of exact and near duplicates, and the image of each group to keep."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.artifacts.base import Int
from pipeline.artifacts.latents import Graph
from pipeline.clustering.renumbering import number_by_size
from pipeline.data.copies import number_repeated
from pipeline.data.file_facts import FileFacts
from pipeline.stages.quality.measures import Measures
from pipeline.stages.quality.perceptual_hash import hash_distances

BATCH = 4096
"""Images whose neighbours are compared at a time, to bound memory."""
Pairs = NDArray[np.int64]


@dataclass(frozen=True)
class Duplicates:
    """Groups of n images, the largest first.

    `groups` (n,) int32 is −1 for images without duplicates. `keepers` (n,) is the row of the image to keep in place of
    each image, its own row if it is to be kept. `kinds` (n,) compares an image with that one: `bytes` for equal files,
    `pixels` or `vectors` for equal arrays, `near`, or empty where nothing is left out. `hash_distance` (n,) is the
    number of different bits of their hashes, −1 where there is no other image or no hash.
    """

    groups: Int
    keepers: NDArray[np.int64]
    kinds: list[str]
    hash_distance: NDArray[np.int64]

    @property
    def is_superfluous(self) -> NDArray[np.bool_]:
        """Whether each image (n,) is a duplicate of the image to keep."""
        return np.asarray(self.keepers != np.arange(len(self.keepers)))

    @property
    def count(self) -> int:
        """Number of groups."""
        return int(self.groups.max(initial=-1)) + 1


def group_duplicates(
    copies: dict[str, Int],
    near: Pairs,
    ranks: NDArray[np.int64],
    hashes: NDArray[np.bool_] | None,
    most_different: float,
) -> Duplicates:
    """Return the groups of copies and near duplicates, each around the image to keep.

    `copies` has the numbers (n,) of equal images by kind, the strictest kind first, and `near` the pairs (m, 2) of
    near duplicates. Of each connected component the image with the smallest of `ranks` (n,) is kept. Members whose
    `hashes` (n, b) differ from its hash in more than the share `most_different` are connected anew, without the others:
    in a long chain of near duplicates the ends differ.
    """
    n = len(ranks)
    links = np.concatenate([*(_pairs_of_copies(numbers) for numbers in copies.values()), near])
    keepers = np.arange(n)
    while len(links):
        leaders = _leaders(n, links, ranks)
        rows = np.flatnonzero(leaders >= 0)
        if hashes is not None:
            rows = rows[hash_distances(hashes[rows], hashes[leaders[rows]]) <= most_different * hashes.shape[1]]
        keepers[rows] = leaders[rows]
        is_grouped = np.zeros(n, bool)
        is_grouped[rows] = True
        links = links[~is_grouped[links].any(axis=1)]
    superfluous = np.flatnonzero(keepers != np.arange(n))
    distance = np.full(n, -1)
    if hashes is not None:
        distance[superfluous] = hash_distances(hashes[superfluous], hashes[keepers[superfluous]])
    numbers = number_repeated(keepers.tolist())
    return Duplicates(number_by_size(numbers)[numbers + 1], keepers, _kinds(copies, keepers), distance)


def _leaders(n: int, links: Pairs, ranks: NDArray[np.int64]) -> NDArray[np.int64]:
    """The image (n,) with the smallest rank in the connected component of each linked image, −1 for others."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    edges = coo_matrix((np.ones(len(links), np.int8), (links[:, 0], links[:, 1])), (n, n))
    _, components = connected_components(edges, directed=False)
    linked = np.unique(links)
    by_rank = linked[np.argsort(ranks[linked], kind="stable")]
    names, first = np.unique(components[by_rank], return_index=True)
    leaders = np.full(n, -1)
    leaders[linked] = by_rank[first][np.searchsorted(names, components[linked])]
    return leaders


def _kinds(copies: dict[str, Int], keepers: NDArray[np.int64]) -> list[str]:
    """How each image compares with the one to keep."""
    kinds = ["" if keeper == row else "near" for row, keeper in enumerate(keepers.tolist())]
    for kind, numbers in reversed(copies.items()):
        is_copy = (numbers >= 0) & (numbers == numbers[keepers]) & (keepers != np.arange(len(keepers)))
        for row in np.flatnonzero(is_copy):
            kinds[row] = kind
    return kinds


def find_near_pairs(
    graph: Graph,
    near_duplicate: float,
    hashes: NDArray[np.bool_] | None,
    most_different: float,
    excluded: NDArray[np.bool_],
) -> Pairs:
    """Return the pairs (m, 2) of neighbours in the graph that are near duplicates.

    Their distance is less than `near_duplicate` times the median distance to the last neighbour, and at most
    the share `most_different` of the bits of their hashes differs; without hashes the distance alone decides. Images
    that are `excluded` (n,) are in no pair.
    Limitation: pairs that are not among each other's nearest neighbours are missed.
    """
    threshold = near_duplicate * float(np.median(graph.distances[:, -1]))
    parts = [np.empty((0, 2), np.int64)]
    for start in range(0, len(graph.indices), BATCH):
        indices, distances = graph.indices[start : start + BATCH], graph.distances[start : start + BATCH]
        row, column = np.nonzero(np.asarray(distances) < threshold)
        first, second = start + row, np.asarray(indices)[row, column].astype(np.int64)
        is_near = ~excluded[first] & ~excluded[second]
        if hashes is not None:
            is_near &= hash_distances(hashes[first], hashes[second]) <= most_different * hashes.shape[1]
        parts.append(np.stack([first, second], axis=1)[is_near])
    return np.concatenate(parts)


def keeping_ranks(n: int, files: FileFacts | None, measures: Measures | None) -> NDArray[np.int64]:
    """Return the rank (n,) of each image for being kept: most original pixels, largest file, sharpest, first."""
    keys: list[NDArray[np.int64] | NDArray[np.float32]] = [np.arange(n)]  # the last key decides first
    if measures is not None:
        keys.append(-np.round(measures.sharpness, 4))
    if files is not None:
        keys += [-files.lengths, -files.pixels]
    ranks = np.empty(n, np.int64)
    ranks[np.lexsort(keys)] = np.arange(n)
    return ranks


def _pairs_of_copies(numbers: Int) -> Pairs:
    """Each image with the next one of the same number."""
    order = np.argsort(numbers, kind="stable")
    is_equal = (numbers[order][1:] == numbers[order][:-1]) & (numbers[order][1:] >= 0)
    return np.stack([order[:-1][is_equal], order[1:][is_equal]], axis=1)
