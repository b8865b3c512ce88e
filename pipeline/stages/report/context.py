"""Inputs of the report with derived values that several of its parts use."""

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
from pipeline.artifacts.images import Images, to_unit_range
from pipeline.artifacts.labels import Labels
from pipeline.artifacts.latents import Latents
from pipeline.artifacts.scores import Scores
from pipeline.clustering.typical_members import order_members
from pipeline.config import Report
from pipeline.data.blank_images import find_blank_images
from pipeline.data.copies import copy_groups
from pipeline.embedding.neighbors import search_neighbors
from pipeline.models.autoencoder import Autoencoder
from pipeline.pages.formats import cluster_name

MAX_CLUSTERS = 100
"""Figures of centres and members show at most this many clusters, the largest ones."""


@dataclass(frozen=True)
class ReportContext:
    """The configuration and the artifacts of a run that the report presents."""

    config: Report
    images: Images
    labels: Labels
    autoencoder: Autoencoder
    latents: Latents
    features: Features
    clustering: Clustering
    map: Map
    scores: Scores

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
        """Share of the fitted images that are not noise, without those that a person marked for removal."""
        return self.clustering.coverage

    @property
    def n_removed(self) -> int:
        """Number of fitted images that a person marked for removal."""
        return int(self.clustering.removed.sum())

    @property
    def subtitle(self) -> str:
        """The numbers of clusters and images, for the second line of a figure's heading."""
        return f"k = {self.k:,} cluster{'s' * (self.k != 1)}, n = {self.n:,} images"

    @cached_property
    def fitted_images(self) -> Pixel:
        """Fitted images (n, h, w, c)."""
        return self.images.fitted

    @cached_property
    def true_labels(self) -> Int:
        """Labels (n,) of the fitted images, −1 where unknown."""
        return self.labels.fitted_or_unknown(self.n)

    @cached_property
    def centre_images(self) -> Float:
        """Centres (min(k, MAX_CLUSTERS), h, w, c) of the largest clusters, decoded, or the images nearest to them."""
        if not self.k:
            return np.empty((0, *self.images.shape), np.float32)
        centres = np.asarray(self.clustering.centres[:MAX_CLUSTERS], np.float32)
        if self.autoencoder.has_decoder:
            return self.autoencoder.decode(centres)
        indices, _ = search_neighbors(np.asarray(self.latents.fitted), centres, 1)
        return to_unit_range(self.fitted_images[indices[:, 0]])

    @property
    def centre_phrase(self) -> str:
        """What `centre_images` show, as a noun for captions."""
        return "decoded centre" if self.autoencoder.has_decoder else "image nearest to the centre"

    @cached_property
    def cluster_sizes(self) -> list[int]:
        """Number of fitted images in each of the k clusters."""
        members = self.clustering.fitted[self.clustering.fitted >= 0]
        return [int(size) for size in np.bincount(members, minlength=self.k)]

    @cached_property
    def copies(self) -> list[list[int]]:
        """The rows of each group of images with equal pixels or vectors, the largest group first."""
        groups = copy_groups(self.images)
        rows = np.flatnonzero(groups >= 0)
        rows = rows[np.argsort(groups[rows], kind="stable")]
        split = np.split(rows, np.flatnonzero(np.diff(groups[rows])) + 1) if len(rows) else []
        return sorted((group.tolist() for group in split), key=len, reverse=True)

    @cached_property
    def blank_images(self) -> list[int]:
        """The rows of images in which nothing can be seen."""
        return np.flatnonzero(find_blank_images(self.fitted_images)).tolist() if self.images.has_images else []

    @cached_property
    def cluster_scores(self) -> dict[int, Mapping[str, float]]:
        """Scores of each cluster by its number; without labels, only its size."""
        return {int(row["cluster"]): row for row in self.scores.clusters}

    def cluster_name(self, cluster: int) -> str:
        """Return the display name of a cluster, with the name that a person gave it."""
        return cluster_name(cluster, self.clustering.names)

    def majority_class(self, cluster: int) -> str:
        """Return the name of the most frequent class in a cluster, empty if no member has a label."""
        row = self.cluster_scores.get(cluster, {})
        return self.labels.name(int(row["majority"])) if "majority" in row else ""

    def label_counts(self, cluster: int) -> str:
        """Return the number of members with each label in falling order, such as "4: 22, 9: 14"."""
        is_labelled_member = (np.asarray(self.clustering.fitted) == cluster) & (self.true_labels >= 0)
        classes, counts = np.unique(np.asarray(self.true_labels)[is_labelled_member], return_counts=True)
        order = np.argsort(-counts, kind="stable")
        return ", ".join(f"{self.labels.name(int(classes[i]))}: {counts[i]:,}" for i in order)

    def member_examples(self, cluster: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the rows of the most typical and of the least typical members of a cluster, the least typical last.

        Each array has `config.examples` rows, or fewer in a small cluster, and no row is in both.
        """
        rows = order_members(self.clustering, self.features, cluster)
        n_typical = min(self.config.examples, -(-len(rows) // 2))
        n_untypical = min(self.config.examples, len(rows) - n_typical)
        return rows[:n_typical], rows[len(rows) - n_untypical :]


@dataclass(frozen=True)
class ReportFigure:
    """A figure with the section of the page it belongs to, its caption, and an alternative text.

    On a narrow screen, a figure that is `wide` scrolls sideways instead of shrinking.
    """

    name: str
    section: str
    figure: Figure
    caption: str
    alt: str
    wide: bool = False
