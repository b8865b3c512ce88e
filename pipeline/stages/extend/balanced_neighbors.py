"""The neighbours of new images, in which fitted images count as often as their clusters occur among the new ones."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pipeline.artifacts.base import Float, Int

ROUNDS = 20
"""The candidates are fixed after at most so many rounds; three to six were seen."""


@dataclass(frozen=True)
class BalancedNeighbors:
    """The neighbours `indices` (m, k) of m new images among all: rows below n are fitted images, the others new.

    `fitted` (n,) int32 are the clusters of the fitted images and `assigned` (m,) those that the new images were
    assigned to, noise −1.
    """

    indices: Int
    fitted: Int
    assigned: Int

    @cached_property
    def is_new(self) -> NDArray[np.bool_]:
        """Whether each neighbour (m, k) is a new image."""
        return np.asarray(self.indices >= len(self.fitted))

    def weights(self, is_novel: NDArray[np.bool_]) -> Float:
        """Return the weight of each neighbour (m, k): 1 of a new image.

        A fitted image of cluster c weighs as much as there are new images assigned to c for each fitted one, those of
        the mask (m,) not counted. So the classes may be more or less frequent than among the fitted images.
        """
        sizes = np.bincount(self.fitted + 1)
        new_sizes = np.bincount(self.assigned[~is_novel] + 1, minlength=len(sizes))
        ratio = np.divide(new_sizes, sizes, out=np.zeros(len(sizes)), where=sizes > 0)
        weights = np.append(ratio[self.fitted + 1], 1.0).astype(np.float32)
        return np.asarray(weights[np.minimum(self.indices, len(self.fitted))])

    def find_novel(self, threshold: float) -> tuple[NDArray[np.bool_], Float]:
        """Return which new images (m,) are novel, and the novelty (m,) float32 in [0, 1) of each.

        The novelty is the share of new images among the weighted neighbours, with one more fitted neighbour counted, so
        that a single new neighbour says little. It is about 0.5 or less where new images lie among fitted ones as
        these lie among themselves, and near 1 where only new images are. Images whose novelty exceeds `threshold` are
        novel; then they no longer count as images of the clusters that they were assigned to, which is repeated until
        nothing changes. Source: the nearest-neighbour test of Schilling, "Multivariate two-sample tests based on
        nearest neighbors", 1986, with the clusters' frequencies balanced.
        """
        is_novel = np.zeros(len(self.indices), bool)
        novelty = np.zeros(len(self.indices), np.float32)
        for _ in range(ROUNDS):
            weights = self.weights(is_novel)
            novelty = (self.is_new.sum(axis=1) / (weights.sum(axis=1) + 1)).astype(np.float32)
            if np.array_equal(novelty > threshold, is_novel):
                break
            is_novel = novelty > threshold
        return is_novel, novelty
