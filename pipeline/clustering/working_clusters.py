"""The clusters while they are edited: numbers stay as on the page until all edits are applied."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.artifacts.base import Int
from pipeline.artifacts.clustering import NOT_SURE, REMOVE, Clustering

MARKS = {"none": 0, "not_sure": NOT_SURE, "remove": REMOVE}
"""The numbers of the marks in `Clustering.marks`."""
NOISE = -1

Rows = NDArray[np.int64]
Splitter = Callable[[Rows, int], Int]
"""Returns the part (m,) from 0 of each of the rows (m,), for a number of parts."""


class EditError(ValueError):
    """An edit that contradicts an earlier one, or names a cluster or an image that does not exist."""


class WorkingClusters:
    """Clusters that edits change one after the other.

    `clusters` (n,) int32 are the numbers of the fitted images, noise −1, `marks` (n,) int8 their marks, `names` the
    names by number, `numbers` the clusters that exist, and `reasons` (n,) the kind of edit that last changed an image.
    """

    def __init__(self, clustering: Clustering, images: Sequence[str], split: Splitter) -> None:
        self.images = images
        self.clusters = np.array(clustering.fitted, np.int32)
        self.marks = np.zeros(len(images), np.int8) if clustering.marks is None else np.array(clustering.marks)
        self.names = dict(enumerate(clustering.names or [""] * clustering.k))
        self.numbers = set(range(clustering.k))
        self.reasons = np.full(len(images), "", object)
        self.source = np.arange(clustering.k, dtype=np.int32)
        """The number that each cluster of the run has now: merged clusters have that of another."""
        self.moved = np.zeros(len(images), bool)
        self._next = clustering.k
        self._row_of_image = {name: row for row, name in enumerate(images)}
        self._marked = np.zeros(len(images), bool)
        self._split = split

    def rename(self, cluster: int, name: str) -> None:
        """Name a cluster, without spaces at the ends; names are unique, because exported folders have them."""
        self._require(cluster)
        stripped = name.strip()
        if name and not stripped:
            raise EditError(f"the name {name!r} is blank; choose another, or an empty one to take the name away")
        others = self.numbers - {cluster}
        taken = [number for number, other in self.names.items() if other.strip() == stripped and number in others]
        if stripped and taken:
            raise EditError(f"cluster {taken[0]} has the name {stripped!r} already; merge both, or choose another name")
        self.names[cluster] = stripped

    def merge(self, clusters: Sequence[int]) -> None:
        """Move the images of all clusters to the first, which takes the first name that there is."""
        for cluster in clusters:
            self._require(cluster)
        if len(set(clusters)) < len(clusters):
            raise EditError(f"the clusters {list(clusters)} are not all different")
        target, others = clusters[0], clusters[1:]
        self._assign(np.flatnonzero(np.isin(self.clusters, others)), target, "merge")
        self.source[np.isin(self.source, others)] = target
        self.names[target] = next((self.names[cluster] for cluster in clusters if self.names[cluster]), "")
        self.numbers -= set(others)

    def split(self, cluster: int, parts: int) -> None:
        """Split a cluster; the largest part keeps its number."""
        self._require(cluster)
        rows = np.flatnonzero(self.clusters == cluster)
        if len(rows) < parts:
            raise EditError(f"cluster {cluster} has {len(rows)} images, fewer than {parts} parts")
        labels = self._split(rows, parts)
        for part in np.argsort(-np.bincount(labels, minlength=parts), kind="stable")[1:]:
            self._assign(rows[labels == part], self._add(""), "split")

    def create(self, cluster: int, name: str) -> None:
        """Add a cluster without images."""
        if cluster != self._next:
            raise EditError(f"the next free number is {self._next}, not {cluster}")
        self._add("")
        self.rename(cluster, name)

    def move(self, images: Sequence[str], cluster: int) -> None:
        """Move images to a cluster, or to noise."""
        if cluster != NOISE:
            self._require(cluster)
        rows = self._rows(images)
        self._refuse_repeats(images, rows, self.moved, "moved", "move")
        self.moved[rows] = True
        self._assign(rows, cluster, "move")

    def mark(self, images: Sequence[str], mark: str) -> None:
        """Mark images."""
        rows = self._rows(images)
        self._refuse_repeats(images, rows, self._marked, "marked", "mark")
        self._marked[rows] = True
        self.marks[rows] = MARKS[mark]

    @property
    def empty(self) -> list[int]:
        """The clusters without images, those to be removed not counted."""
        return sorted(self.numbers - set(self.clusters[self.marks != REMOVE].tolist()))

    def _add(self, name: str) -> int:
        number, self._next = self._next, self._next + 1
        self.names[number] = name
        self.numbers.add(number)
        return number

    def _assign(self, rows: Rows, cluster: int, reason: str) -> None:
        changed = rows[self.clusters[rows] != cluster]
        self.clusters[changed], self.reasons[changed] = cluster, reason

    def _require(self, cluster: int) -> None:
        if cluster not in self.numbers:
            gone = "was merged into another by an earlier edit" if cluster < self._next else "does not exist"
            raise EditError(f"cluster {cluster} {gone}")

    def _refuse_repeats(
        self, images: Sequence[str], rows: Rows, done: NDArray[np.bool_], participle: str, noun: str
    ) -> None:
        repeats = done[rows] | pd.Series(rows).duplicated().to_numpy()
        if repeats.any():
            name = images[int(repeats.argmax())]
            raise EditError(f"{name} is {participle} twice; keep the last {noun} of each image")

    def _rows(self, images: Sequence[str]) -> Rows:
        unknown = [name for name in images if name not in self._row_of_image]
        if unknown:
            raise EditError(f"{unknown[0]} is no fitted image of this run")
        return np.array([self._row_of_image[name] for name in images], np.int64)
