"""The properties of each image that the explorer shows: one array each, all in the order of the fitted images."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.artifacts.base import Float, Int
from pipeline.artifacts.clustering import Clustering
from pipeline.artifacts.features import Map
from pipeline.artifacts.images import Images
from pipeline.artifacts.labels import Labels
from pipeline.artifacts.latents import Graph, Latents
from pipeline.clustering import misfits
from pipeline.data.blank_images import find_blank_images
from pipeline.data.copies import copy_groups
from pipeline.embedding.remaining_graph import remaining_graph


@dataclass(frozen=True)
class ImageFacts:
    """The artifacts that the explorer shows, and the arrays computed from them; `n` counts fitted images.

    `digest` is that of the run's clustering, of which these facts may show landmarks alone.
    """

    images: Images
    labels: Labels
    latents: Latents
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
    def remaining(self) -> NDArray[np.int64]:
        """Rows of the images that are not marked for removal, of all images if fewer than two would be left."""
        rows = np.flatnonzero(~self.clustering.removed)
        return rows if len(rows) > 1 else np.arange(self.n)

    @cached_property
    def remaining_graph(self) -> Graph:
        """The graph among the remaining images, with positions in `remaining` as indices."""
        is_complete = len(self.remaining) == self.n
        return self.graph if is_complete else remaining_graph(self.graph, self.latents, self.remaining)

    @cached_property
    def misfit(self) -> Float:
        """Share of each image's remaining neighbours that are in another cluster (n,), 0 for removed images."""
        scores = misfits.misfit_scores(self.clusters[self.remaining], self.remaining_graph.indices)
        return self._of_all(scores, np.zeros(self.n, np.float32))

    @cached_property
    def rival(self) -> Int:
        """The most frequent other cluster among each image's remaining neighbours (n,), −1 for none."""
        rivals = misfits.rival_clusters(self.clusters[self.remaining], self.remaining_graph.indices)
        return self._of_all(rivals, np.full(self.n, -1, np.int32))

    @cached_property
    def outlier(self) -> Float:
        """Each image's mean distance to its remaining neighbours (n,), relative to the median; 0 for removed images."""
        scores = misfits.outlier_scores(self.remaining_graph.distances)
        return self._of_all(scores, np.zeros(self.n, np.float32))

    def _of_all(self, values: NDArray[Any], of_removed: NDArray[Any]) -> NDArray[Any]:
        """The values of the remaining images in place of those `of_removed` images (n,)."""
        of_removed[self.remaining] = values
        return of_removed

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
        latents=Latents(np.asarray(facts.latents.fitted)[rows], facts.latents.held_out[:0], facts.latents.shape),
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
