"""What is exported: a row for each image, fitted ones first, without those that a person marked for removal."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.artifacts.base import Float, Int, Pixel
from pipeline.artifacts.clustering import NOT_SURE, Clustering
from pipeline.artifacts.features import Map
from pipeline.artifacts.images import Images
from pipeline.artifacts.labels import Labels
from pipeline.artifacts.latents import Graph, Latents
from pipeline.clustering import misfits
from pipeline.data.copies import content_digests, number_repeated
from pipeline.embedding.remaining_graph import remaining_graph
from pipeline.runtime.errors import UserError
from pipeline.runtime.observer import Observer

BATCH = 4096
"""Images compared at a time, to bound memory."""


@dataclass(frozen=True)
class ExportedSet:
    """The artifacts of a run without removed images, and the tables made of them; r counts images.

    `graph` holds the neighbours among the exported images, as rows of the tables. `map` is None if the run has none.
    `fitted_rows` are the rows of the exported fitted images among all fitted ones.
    """

    images: Images
    labels: Labels
    latents: Latents
    graph: Graph
    clustering: Clustering
    map: Map | None
    fitted_rows: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.fitted_rows) + len(self.latents.held_out)

    @property
    def removed(self) -> int:
        """The number of images that are left out."""
        return self.images.n_fitted - len(self.fitted_rows)

    @cached_property
    def rows(self) -> NDArray[np.int64]:
        """Each image's row among all images of the set, train first (r,)."""
        n_train, n_test = len(self.images.train), len(self.images.test)
        first = n_train if self.images.split == "test" else 0
        held_out = n_train + np.arange(n_test if self.images.split == "train" else 0)
        return np.concatenate([first + self.fitted_rows, held_out])

    @cached_property
    def names(self) -> list[str]:
        """Each image's name (r): its path, or its part of the set and its row there."""
        names = np.array(self.images.names("all"), object)
        return [str(name) for name in names[self.rows]]

    @cached_property
    def clusters(self) -> Int:
        """Each image's cluster (r,), −1 for noise."""
        return np.concatenate([np.asarray(self.clustering.fitted)[self.fitted_rows], self.clustering.held_out])

    @cached_property
    def truth(self) -> Int:
        """Each image's label (r,), −1 where unknown."""
        labels = [self.labels.fitted, self.labels.held_out]
        if not len(labels[0]):
            return np.full(len(self), -1, np.int32)
        return np.concatenate([np.asarray(labels[0])[self.fitted_rows], labels[1]]).astype(np.int32)

    @cached_property
    def vectors(self) -> Float:
        """Each image's latents (r, d)."""
        return np.concatenate([np.asarray(self.latents.fitted)[self.fitted_rows], self.latents.held_out])

    def pixels(self, batch: slice) -> Pixel:
        """Return the images of some rows, (b, h, w, c)."""
        rows, n_train = self.rows[batch], len(self.images.train)
        train, test = rows[rows < n_train], rows[rows >= n_train] - n_train
        return np.concatenate([self.images.train[train], self.images.test[test]])

    def table(self) -> pd.DataFrame:
        """Return a row for each image; values that a held-out image does not have are missing."""
        is_train = self.rows < len(self.images.train)
        neighbors, n = np.asarray(self.graph.indices), len(self.fitted_rows)
        fitted = self.clusters[:n]
        confidence = [np.asarray(self.clustering.confidence)[self.fitted_rows], self.clustering.held_confidence]
        columns = {
            "id": np.arange(len(self), dtype=np.int32),
            "file": self.names,  # not "image", which readers take for the pixels
            "path": [str(Path(self.images.folder) / name) for name in self.names] if self.images.folder else None,
            "split": np.where(is_train, "train", "test"),
            "part": np.where(np.arange(len(self)) < n, "fitted", "held out"),
            "cluster": self.clusters.astype(np.int32),
            "name": self._cluster_names(),
            "confidence": np.concatenate(confidence).astype(np.float32),
            "label": [self.labels.name(int(label)) or None for label in self.truth] if self.labels.has_labels else None,
            "misfit": self._padded(misfits.misfit_scores(fitted, neighbors)),
            "outlier": self._padded(misfits.outlier_scores(self.graph.distances)),
            "copies": self._copies(),
            "mark": self._marks(),
        }
        if self.map is not None:
            points = np.concatenate([np.asarray(self.map.fitted)[self.fitted_rows], self.map.held_out])
            columns |= {"x": points[:, 0].astype(np.float32), "y": points[:, 1].astype(np.float32)}
        return pd.DataFrame({name: values for name, values in columns.items() if values is not None})

    def neighbors(self) -> tuple[Int, Float]:
        """Return each image's nearest fitted images (r, k) as rows of the table, and their distances (r, k)."""
        graph = self.graph
        return np.concatenate([graph.indices, graph.held_indices]), np.concatenate(
            [graph.distances, graph.held_distances]
        )

    def _cluster_names(self) -> list[str | None] | None:
        names = self.clustering.names
        return [names[cluster] or None if cluster >= 0 else None for cluster in self.clusters] if names else None

    def _copies(self) -> pd.arrays.IntegerArray | None:
        """The group (r,) of images that have exact copies among the exported ones, missing for all others."""
        if self.images.has_images:
            batches = (self.pixels(slice(start, start + BATCH)) for start in range(0, len(self), BATCH))
            groups = number_repeated(digest for batch in batches for digest in content_digests(batch))
        else:
            groups = number_repeated(content_digests(self.images.vectors_of("all")[self.rows]))
        return pd.arrays.IntegerArray(groups, groups < 0) if (groups >= 0).any() else None

    def _marks(self) -> list[str | None] | None:
        if self.clustering.marks is None:
            return None
        marks = np.asarray(self.clustering.marks)[self.fitted_rows]
        return ["not sure" if mark == NOT_SURE else None for mark in marks] + [None] * len(self.latents.held_out)

    def _padded(self, values: Float) -> Float:
        """Values of the fitted images (n,), with NaN for the held-out ones (r,)."""
        return np.append(values, np.full(len(self) - len(values), np.nan)).astype(np.float32)


def exported_set(
    images: Images,
    labels: Labels,
    latents: Latents,
    graph: Graph,
    clustering: Clustering,
    map: Map | None,  # the artifact's name
    observer: Observer,
) -> ExportedSet:
    """Return what is exported of a run; removed images are no neighbours.

    Raises:
        UserError: fewer than two images are left.
    """
    rows = np.flatnonzero(~clustering.removed)
    if len(rows) < 2:
        raise UserError(f"run: {len(rows)} images are left to export; all others are marked for removal")
    if len(rows) < len(clustering.fitted):
        graph = remaining_graph(graph, latents, rows, observer)
    return ExportedSet(images, labels, latents, graph, clustering, map, rows)
