"""The images that stand for clusters and merges."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.artifacts.clustering import Clustering
from pipeline.artifacts.features import Features
from pipeline.artifacts.images import Images
from pipeline.artifacts.latents import Graph
from pipeline.clustering.hierarchy import Linkage, members_of_nodes
from pipeline.clustering.typical_members import order_members
from pipeline.runtime.observer import SILENT, Observer
from pipeline.stages.tree.border_images import CrossEdges

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Examples:
    """Rows of fitted images: the most typical of each cluster, and for each merge those at the border of both sides."""

    typical: list[Rows]
    borders: list[tuple[Rows, Rows]]

    def tiles(self, images: Images, count: int) -> list[NDArray[Any]]:
        """Return the pixels of at most `count` typical images of each cluster."""
        pixels = images.fitted
        return [np.asarray(pixels[rows[:count]]) for rows in self.typical]


def collect_examples(
    count: int,
    graph: Graph,
    features: Features,
    clustering: Clustering,
    linkage: Linkage,
    observer: Observer = SILENT,
) -> Examples:
    """Return at most `count` typical images of each cluster, and `count` border images of each side of each merge."""
    k = clustering.k
    typical = [order_members(clustering, features, cluster)[:count] for cluster in range(k)]
    edges, members = CrossEdges.of(graph, np.asarray(clustering.fitted)), members_of_nodes(linkage)
    borders = []
    for step, (first, second) in enumerate(linkage[:, :2].astype(int), 1):
        sides = members[first], members[second]
        borders.append((edges.border(*sides, count), edges.border(*sides[::-1], count)))
        observer.progress(step, len(linkage), "merges")
    return Examples(typical, borders)
