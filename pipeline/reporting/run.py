"""What a report is about: a run's artifacts, with the few facts that every part of the report needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from pipeline.artifacts.base import Float, Int, Pixel
from pipeline.artifacts.clustering import Clustering
from pipeline.artifacts.features import Features, Map
from pipeline.artifacts.images import Images
from pipeline.artifacts.labels import Labels
from pipeline.artifacts.latents import Latents
from pipeline.artifacts.scores import Scores
from pipeline.config import Report
from pipeline.models.base import Autoencoder

MOST_CLUSTERS = 100
"""Clusters whose centres and members are drawn; where there are more, the largest are, and a note says so."""


@dataclass(frozen=True)
class Run:
    """Everything that a report is about."""

    config: Report
    images: Images
    labels: Labels
    autoencoder: Autoencoder
    latents: Latents
    features: Features
    clustering: Clustering
    map: Map
    scores: Scores

    @cached_property
    def pixels(self) -> Pixel:
        """The n fitted images."""
        return self.images.fitted

    @cached_property
    def truth(self) -> Int:
        """The labels of the n fitted images, −1 where unknown."""
        return self.labels.fitted if len(self.labels.fitted) else np.full(self.n, -1, np.int32)

    @cached_property
    def centres(self) -> Float:
        """The decoded centres (k', h, w, c) of the largest clusters, all of them up to a hundred."""
        if not self.k:
            return np.empty((0, *self.images.shape), np.float32)
        return self.autoencoder.decode(np.asarray(self.clustering.centres[:MOST_CLUSTERS], np.float32))

    @cached_property
    def sizes(self) -> list[int]:
        """Fitted images of each cluster, (k)."""
        members = self.clustering.fitted[self.clustering.fitted >= 0]
        return [int(size) for size in np.bincount(members, minlength=self.k)]

    @property
    def k(self) -> int:
        """Number of clusters."""
        return self.clustering.k

    @property
    def n(self) -> int:
        """Number of fitted images."""
        return len(self.clustering.fitted)

    @property
    def coverage(self) -> float:
        """Share of the fitted images that are not noise."""
        return float((self.clustering.fitted >= 0).mean())

    @property
    def facts(self) -> str:
        """The two numbers without which no figure should travel."""
        return f"k = {self.k:,} cluster{'s' * (self.k != 1)}, n = {self.n:,} images"

    def class_name(self, label: int) -> str:
        """Class `label` in words."""
        return self.labels.names[label] if 0 <= label < len(self.labels.names) else str(label)

    @cached_property
    def table(self) -> dict[int, Mapping[str, float]]:
        """The scores of each cluster that has labelled images, by cluster."""
        return {int(row["cluster"]): row for row in self.scores.clusters}

    def majority(self, cluster: int) -> str:
        """The most frequent class of a cluster in words; empty where nothing is known."""
        row = self.table.get(cluster, {})
        return self.class_name(int(row["majority"])) if "majority" in row else ""

    def labels_of(self, cluster: int) -> str:
        """How many members of a cluster have which label, the most frequent first: "4: 22, 9: 14"."""
        known = np.asarray(self.truth)[(np.asarray(self.clustering.fitted) == cluster) & (self.truth >= 0)]
        classes, counts = np.unique(known, return_counts=True)
        order = np.argsort(-counts, kind="stable")
        return ", ".join(f"{self.class_name(int(classes[i]))}: {counts[i]:,}" for i in order)

    def extremes(self, cluster: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return rows of a cluster's most typical members, and of its least typical ones, the least typical last.

        Both hold `examples` rows, fewer in a small cluster: no image is in both. Confidence is rounded before it
        is compared, or differences that mean nothing would decide.
        """
        rows = np.flatnonzero(np.asarray(self.clustering.fitted) == cluster)
        points = np.asarray(self.features.fitted)[rows]
        distance = np.linalg.norm(points - points.mean(axis=0), axis=1)
        sure = np.round(np.asarray(self.clustering.confidence)[rows], 2)
        ordered = rows[np.lexsort((distance, -sure))]
        near = min(self.config.examples, -(-len(rows) // 2))
        far = min(self.config.examples, len(rows) - near)
        return ordered[:near], ordered[len(rows) - far :]


@dataclass(frozen=True)
class Drawing:
    """A figure with its section of the page, its caption, and its content in words for who cannot see it.

    A `wide` one is full of small things: on a phone it is scrolled sideways, not shrunk.
    """

    name: str
    section: str
    figure: Figure
    caption: str
    alt: str
    wide: bool = False


def cluster_name(cluster: int) -> str:
    """A cluster's short name, unlike any class's: c0 is the largest."""
    return f"c{cluster}" if cluster >= 0 else "noise"
