"""What the explorer knows of each image: one array a fact, all in the order of the fitted images."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from pipeline import misfits
from pipeline.artifacts.base import Float, Int
from pipeline.artifacts.clustering import Clustering
from pipeline.artifacts.features import Map
from pipeline.artifacts.images import Images
from pipeline.artifacts.labels import Labels
from pipeline.artifacts.latents import Graph


@dataclass(frozen=True)
class Facts:
    """The artifacts that the explorer shows; `n` counts fitted images."""

    images: Images
    labels: Labels
    graph: Graph
    clustering: Clustering
    map: Map

    @property
    def n(self) -> int:
        """Number of fitted images."""
        return len(self.clusters)

    @cached_property
    def clusters(self) -> Int:
        """Each image's cluster (n,), −1 for noise."""
        return np.asarray(self.clustering.fitted, np.int32)

    @cached_property
    def truth(self) -> Int:
        """Each image's label (n,), −1 where unknown."""
        known = np.asarray(self.labels.fitted, np.int32)
        return known if len(known) else np.full(self.n, -1, np.int32)

    @cached_property
    def points(self) -> Float:
        """Each image's place on the map (n, 2)."""
        return np.asarray(self.map.fitted, np.float32)

    @cached_property
    def confidence(self) -> Float:
        """Each image's confidence (n,) in [0, 1]."""
        return np.asarray(self.clustering.confidence, np.float32)

    @cached_property
    def neighbours(self) -> Int:
        """Each image's nearest others (n, k), nearest first."""
        return np.asarray(self.graph.indices, np.int32)

    @cached_property
    def misfit(self) -> Float:
        """Share of each image's neighbours that are in another cluster (n,)."""
        return misfits.misfit(self.clusters, self.neighbours)

    @cached_property
    def rival(self) -> Int:
        """The other cluster that most of each image's neighbours are in (n,), −1 for none."""
        return misfits.rival(self.clusters, self.neighbours)

    @cached_property
    def outlier(self) -> Float:
        """How far each image is from its neighbours, 1 being usual (n,)."""
        return misfits.outlier(self.graph.distances)

    @cached_property
    def rows(self) -> Int:
        """Each fitted image's row in its data set (n,); over all splits, train rows come first."""
        parts = {"train": self.images.train_rows, "test": self.images.test_rows}
        chosen = [parts[part] for part in ("train", "test") if self.images.split in (part, "all")]
        if any(part is None for part in chosen):
            return np.arange(self.n, dtype=np.int32)
        return np.concatenate([np.asarray(part, np.int32) for part in chosen if part is not None])

    @cached_property
    def files(self) -> list[str]:
        """Each fitted image's file (n), empty where images are not files."""
        return self.images.names(self.images.split) if self.images.paths else []

    def label_name(self, label: int) -> str:
        """Label in words; empty where it is unknown."""
        return "" if label < 0 else self.labels.names[label] if label < len(self.labels.names) else str(label)


def at_landmarks(facts: Facts) -> Facts:
    """Return the facts of the landmarks alone; their neighbours are those among them."""
    rows, images, labels = facts.graph.landmarks, facts.images, facts.labels
    if rows is None:
        return facts
    names = images.names(images.split) if images.paths else []
    shown = Images(
        images.fitted[rows], images.test[:0], "train", images.name, images.digest, images.note,
        facts.rows[rows].astype(np.int64), None, [names[row] for row in rows] if names else [],
    )  # fmt: skip
    known = replace(labels, train=facts.truth[rows], test=facts.truth[:0], split="train")
    clustering = replace(facts.clustering, fitted=facts.clusters[rows], confidence=facts.confidence[rows])
    return Facts(shown, known, facts.graph.among_landmarks(), clustering, replace(facts.map, fitted=facts.points[rows]))
