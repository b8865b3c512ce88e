"""The classes of an export: clusters by their names, or labels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.artifacts.base import Int
from pipeline.pages.formats import cluster_name


@dataclass(frozen=True)
class Classes:
    """The `names` of the classes, the class `of_images` (r,) int32, −1 for none, and what images of none are called."""

    names: list[str]
    of_images: Int
    without: str

    def counts(self) -> dict[str, int]:
        """Return the number of images of each class that has any, and last of those in none."""
        counts = {name: int((self.of_images == index).sum()) for index, name in enumerate(self.names)}
        counts[self.without] = int((self.of_images < 0).sum())
        return {name: count for name, count in counts.items() if count}


def cluster_classes(clusters: Int, names: Sequence[str]) -> Classes:
    """Return the classes of `clusters` (r,): those that have members, in their order.

    Clusters with the same name are one class. A cluster without a name is called c0, c1, …; where another has that
    name, a number is appended.
    """
    noise = cluster_name(-1)
    given = {int(cluster): _name_of(int(cluster), names) for cluster in np.unique(clusters[clusters >= 0])}
    used = {noise, *given.values()}
    titles = {
        cluster: _unused(name or cluster_name(cluster), used) if name in ("", noise) else name
        for cluster, name in given.items()
    }
    classes = list(dict.fromkeys(titles.values()))
    table = np.full(int(np.max(clusters, initial=-1)) + 2, -1, np.int32)
    for cluster, title in titles.items():
        table[cluster] = classes.index(title)
    return Classes(classes, table[clusters], noise)


def label_classes(labels: Int, name: Callable[[int], str], n_classes: int) -> Classes:
    """Return the classes of `labels` (r,), −1 where unknown: class i is label i, also if it has no image."""
    titles: list[str] = []
    for label in range(n_classes):
        titles.append(_unused(name(label), {*titles, "unlabelled"}))
    return Classes(titles, np.asarray(labels, np.int32), "unlabelled")


def _name_of(cluster: int, names: Sequence[str]) -> str:
    return names[cluster].strip() if cluster < len(names) else ""


def _unused(title: str, used: set[str]) -> str:
    """The title, with a number if it is used."""
    number, candidate = 2, title
    while candidate in used:
        candidate, number = f"{title}-{number}", number + 1
    return candidate
