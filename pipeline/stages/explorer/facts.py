"""The properties of each image that the explorer shows: one array each, all in the order of the fitted images."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pipeline.artifacts.base import Float, Int
from pipeline.artifacts.clustering import Clustering
from pipeline.artifacts.features import Map
from pipeline.artifacts.images import Images
from pipeline.artifacts.labels import Labels
from pipeline.artifacts.latents import Graph
from pipeline.clustering import misfits
from pipeline.data.blank_images import find_blank_images
from pipeline.data.copies import copy_groups


@dataclass(frozen=True)
class ImageFacts:
    """The artifacts that the explorer shows, and the arrays computed from them; `n` counts fitted images.

    `digest` is that of the run's clustering, of which these facts may show landmarks alone.
    """

    images: Images
    labels: Labels
    graph: Graph
    clustering: Clustering
    map: Map
    digest: str

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
        return self.labels.fitted_or_unknown(self.n)

    @cached_property
    def points(self) -> Float:
        """Each image's coordinates on the map (n, 2)."""
        return np.asarray(self.map.fitted, np.float32)

    @cached_property
    def confidence(self) -> Float:
        """Each image's confidence (n,) in [0, 1]."""
        return np.asarray(self.clustering.confidence, np.float32)

    @cached_property
    def neighbors(self) -> Int:
        """Each image's nearest neighbours (n, k), nearest first."""
        return np.asarray(self.graph.indices, np.int32)

    @cached_property
    def misfit(self) -> Float:
        """Share of each image's neighbours that are in another cluster (n,)."""
        return misfits.misfit_scores(self.clusters, self.neighbors)

    @cached_property
    def rival(self) -> Int:
        """The most frequent other cluster among each image's neighbours (n,), −1 for none."""
        return misfits.rival_clusters(self.clusters, self.neighbors)

    @cached_property
    def outlier(self) -> Float:
        """Each image's mean distance to its neighbours (n,), relative to the median image."""
        return misfits.outlier_scores(self.graph.distances)

    @cached_property
    def copies(self) -> Int:
        """The group (n,) of each image that has exact copies, −1 for all others."""
        return copy_groups(self.images)

    @cached_property
    def blank(self) -> NDArray[np.bool_]:
        """Whether each image (n,) is blank."""
        return find_blank_images(self.images.fitted) if self.images.has_images else np.zeros(self.n, bool)

    @cached_property
    def rows(self) -> Int:
        """Each fitted image's row in its part of the data set (n,); over all splits, train rows come first."""
        images = self.images
        parts = {"train": (images.train, images.train_rows), "test": (images.test, images.test_rows)}
        return np.concatenate(
            [
                np.arange(len(pixels), dtype=np.int32) if rows is None else np.asarray(rows, np.int32)
                for part, (pixels, rows) in parts.items()
                if images.split in (part, "all")
            ]
        )

    @cached_property
    def paths(self) -> list[str]:
        """Each fitted image's file (n), empty where images are not files."""
        return self.images.names(self.images.split) if self.images.paths else []


def landmark_facts(facts: ImageFacts) -> ImageFacts:
    """Return the facts of the graph's landmarks alone, with their neighbours among the landmarks."""
    rows, images, clustering = facts.graph.landmarks, facts.images, facts.clustering
    if rows is None:
        return facts
    split = "all" if images.split == "all" else "train"
    train = slice(int(np.searchsorted(rows, len(images.train))) if split == "all" else len(rows))
    test = slice(train.stop, None)
    pixels, labels = images.fitted_rows(rows), facts.truth[rows]
    landmark_images = Images(
        train=pixels[train],
        test=pixels[test],
        split=split,
        name=images.name,
        digest=images.digest,
        note=images.note,
        train_rows=facts.rows[rows][train].astype(np.int64),
        test_rows=facts.rows[rows][test].astype(np.int64),
        paths=[facts.paths[row] for row in rows] if facts.paths else [],
        vectors=None if images.vectors is None else images.fitted_vectors[rows],
        has_images=images.has_images,
    )
    return ImageFacts(
        images=landmark_images,
        labels=replace(facts.labels, train=labels[train], test=labels[test], split=split),
        graph=facts.graph.landmark_graph(),
        clustering=replace(
            clustering,
            fitted=facts.clusters[rows],
            confidence=facts.confidence[rows],
            marks=None if clustering.marks is None else clustering.marks[rows],
        ),
        map=replace(facts.map, fitted=facts.points[rows]),
        digest=facts.digest,
    )
