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

    Novel images are clustered among themselves, then other new images join these groups by the vote of their
    neighbours, fitted ones included. A group is a new cluster if it has at least `config.min_size` images and holds
    together: on average more than the share `config.majority` of its members' weighted neighbours are in it. No labels
    are used.
    """
    is_novel, novelty = neighbors.find_novel(config.novelty)
    groups, share = np.full(len(latents), NONE, np.int32), np.zeros(len(latents), np.float32)
    count = f"{is_novel.sum():,} of {len(latents):,} new images are unlike the fitted ones"
    if not config.new_clusters:
        return Proposal(groups, share, novelty, f"extend.new_clusters=false; {count}")
    if is_novel.sum() >= config.min_size:
        groups[is_novel] = group_novel(config, latents[is_novel], metric, observer)
        groups, share = settle_groups(groups, neighbors, is_novel, config.majority)
        groups = _select_groups(groups, share, config)
    rest = int((is_novel & (groups == NONE)).sum())
    return Proposal(groups, share, novelty, count + (f"; {rest:,} keep the assigned clusters" if rest else ""))


def _select_groups(groups: Int, share: Float, config: Extend) -> Int:
    """The groups that are large enough and hold together, numbered from 0; the images of others are in none."""
    accepted = np.full(len(groups), NONE, np.int32)
    numbers = [
        number
        for number in range(groups.max(initial=NONE) + 1)
        if (groups == number).sum() >= config.min_size and share[groups == number].mean() > config.majority
    ]
    for index, number in enumerate(numbers):
        accepted[groups == number] = index
    return accepted


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

    `groups` (m,) are the first groups. Their novel members (a mask, m) go to the group that most of their weighted
    neighbours are in, so that parts of one class may become one group. Any other image joins the group that more than
    the share `majority` of them are in. This is repeated until nothing changes. Novel images without a group do not
    vote.
    """
    weights, n = neighbors.weights(is_novel), len(neighbors.fitted)
    is_open = np.concatenate([np.zeros(n, bool), is_novel])[neighbors.indices]
    numbers = np.arange(groups.max(initial=NONE) + 1, dtype=np.int32)
    is_member, share = groups != NONE, np.zeros(len(groups), np.float32)
    for _ in range(ROUNDS if len(numbers) else 0):
        nearby = np.concatenate([np.full(n, NONE, np.int32), groups])[neighbors.indices]
        votes = np.where(is_open & (nearby == NONE), 0, weights)
        counts = np.stack([np.where(nearby == number, votes, 0).sum(axis=1) for number in numbers], axis=1)
        share = (counts.max(axis=1) / np.maximum(votes.sum(axis=1), 1e-12)).astype(np.float32)
        joins = (share > majority) | (is_member & (share > 0))
        voted = np.where(joins, counts.argmax(axis=1), NONE).astype(np.int32)
        if np.array_equal(voted, groups):
            break
        groups = voted
    return groups, share
