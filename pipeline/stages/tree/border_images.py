"""The images at the border of two groups of clusters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.artifacts.base import Int
from pipeline.artifacts.latents import Graph

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class CrossEdges:
    """The edges of a neighbour graph that lead to another cluster, noise left out.

    `images` (e,) int64 are the rows they start from, `sources` and `targets` (e,) int32 the clusters of both ends.
    """

    images: Rows
    sources: Int
    targets: Int

    @classmethod
    def of(cls, graph: Graph, clusters: Int) -> CrossEdges:
        """Return the edges of `graph` between different ones of the `clusters` (n,)."""
        images = np.repeat(np.arange(len(clusters)), graph.k)
        sources, targets = clusters[images], clusters[np.asarray(graph.indices).ravel()]
        crosses = (sources >= 0) & (targets >= 0) & (sources != targets)
        return cls(images[crosses], sources[crosses], targets[crosses])

    def border(self, group: Sequence[int], other: Sequence[int], count: int) -> Rows:
        """Return the `count` images of a group of clusters with the most neighbours in the other group.

        Images without such a neighbour are left out; of equally many neighbours the smaller row comes first.
        """
        between = np.isin(self.sources, group) & np.isin(self.targets, other)
        rows, neighbors = np.unique(self.images[between], return_counts=True)
        return rows[np.argsort(-neighbors, kind="stable")[:count]]
