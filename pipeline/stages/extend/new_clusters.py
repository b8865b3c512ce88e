"""New clusters among new images that are unlike the fitted ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.artifacts.base import Float, Int
from pipeline.artifacts.latents import Latents
from pipeline.config import Extend
from pipeline.embedding.methods import umap
from pipeline.embedding.metric import Metric
from pipeline.embedding.neighbors import exact
from pipeline.runtime.observer import SILENT, Observer
from pipeline.stages.extend.balanced_neighbors import BalancedNeighbors

NONE = -1
"""The group of images that are in no new cluster."""
NEIGHBORS, COMPONENTS = 15, 10
"""Neighbours and dimensions of the UMAP in which novel images are clustered."""
ROUNDS = 20
"""Most rounds of voting."""


@dataclass(frozen=True)
class Proposal:
    """The new cluster of each new image, `groups` (m,) int32 from 0, −1 for none.

    `share` (m,) is that of each image's weighted neighbours in its new cluster, `novelty` (m,) as in
    `BalancedNeighbors.find_novel`. `note` says in words what was found.
    """

    groups: Int
    share: Float
    novelty: Float
    note: str


def propose_clusters(
    config: Extend, latents: Float, neighbors: BalancedNeighbors, metric: Metric, observer: Observer = SILENT
) -> Proposal:
    """Return the new clusters among new images with these latents (m, d) and neighbours.

    Novel images are clustered among themselves, then each new image joins or leaves these groups by the vote of its
    neighbours, fitted ones included. Groups of at least `config.min_size` images are new clusters. No labels are used.
    """
    is_novel, novelty = neighbors.find_novel(config.novelty)
    groups, share = np.full(len(latents), NONE, np.int32), np.zeros(len(latents), np.float32)
    count = f"{is_novel.sum():,} of {len(latents):,} new images are unlike the fitted ones"
    if not config.new_clusters:
        return Proposal(groups, share, novelty, f"extend.new_clusters=false; {count}")
    if is_novel.sum() >= config.min_size:
        groups[is_novel] = group_novel(config, latents[is_novel], metric, observer)
        groups, share = settle_groups(groups, neighbors, is_novel, config.majority)
    groups = _drop_small(groups, config.min_size)
    rest = int((is_novel & (groups == NONE)).sum())
    return Proposal(groups, share, novelty, count + (f"; {rest:,} keep the assigned clusters" if rest else ""))


def _drop_small(groups: Int, min_size: int) -> Int:
    """The groups with at least `min_size` images, numbered from 0."""
    sizes = np.bincount(groups + 1)[1:]
    numbers = np.where(sizes >= min_size, np.cumsum(sizes >= min_size) - 1, NONE)
    return np.append(numbers, NONE)[groups].astype(np.int32)


def group_novel(config: Extend, latents: Float, metric: Metric = "euclidean", observer: Observer = SILENT) -> Int:
    """Return the group (m,) int32 of each of the novel images, −1 for none, from their `latents` (m, d).

    They are embedded by UMAP, without the fitted images, and clustered by HDBSCAN. Where it finds no clusters, which it
    never does for a single one, all images are one group.
    """
    from sklearn.cluster import HDBSCAN

    novel = Latents(latents, latents[:0], [latents.shape[1]])
    graph = exact(novel, min(NEIGHBORS, len(latents) - 1), metric, observer)
    features = umap(novel, graph, COMPONENTS, observer=observer, seed=config.seed)
    clusterer = HDBSCAN(min_cluster_size=config.min_size, copy=True)
    groups = np.asarray(clusterer.fit_predict(features.fitted), np.int32)
    return groups if (groups != NONE).any() else np.zeros_like(groups)


def settle_groups(
    groups: Int, neighbors: BalancedNeighbors, is_novel: NDArray[np.bool_], majority: float
) -> tuple[Int, Float]:
    """Return the group (m,) int32 of all new images, −1 for none, and the share (m,) of the neighbours in it.

    `groups` (m,) are the first groups. An image is in the group that more than the share `majority` of its weighted
    neighbours are in, which is repeated until nothing changes. So images join, and members among other images leave.
    Novel images (a mask, m) without a group do not vote.
    """
    weights, n = neighbors.weights(is_novel), len(neighbors.fitted)
    is_open = np.concatenate([np.zeros(n, bool), is_novel])[neighbors.indices]
    numbers = np.arange(groups.max(initial=NONE) + 1, dtype=np.int32)
    share = np.zeros(len(groups), np.float32)
    for _ in range(ROUNDS if len(numbers) else 0):
        nearby = np.concatenate([np.full(n, NONE, np.int32), groups])[neighbors.indices]
        votes = np.where(is_open & (nearby == NONE), 0, weights)
        counts = np.stack([np.where(nearby == number, votes, 0).sum(axis=1) for number in numbers], axis=1)
        share = (counts.max(axis=1) / np.maximum(votes.sum(axis=1), 1e-12)).astype(np.float32)
        voted = np.where(share > majority, counts.argmax(axis=1), NONE).astype(np.int32)
        if np.array_equal(voted, groups):
            break
        groups = voted
    return groups, share
