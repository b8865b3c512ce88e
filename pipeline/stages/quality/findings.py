"""Everything that stage quality computes about the fitted images, for its table and its page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from pipeline.artifacts.base import Int
from pipeline.artifacts.clustering import Clustering
from pipeline.artifacts.images import Images
from pipeline.artifacts.labels import Labels
from pipeline.artifacts.latents import Graph
from pipeline.data.file_facts import FileFacts
from pipeline.pages.formats import cluster_name
from pipeline.stages.quality.duplicates import Duplicates
from pipeline.stages.quality.image_checks import Flags
from pipeline.stages.quality.label_errors import LabelErrors
from pipeline.stages.quality.measures import Measures


@dataclass(frozen=True)
class Findings:
    """The artifacts that were checked, and what was found about the n fitted images.

    `checks` has flags (n,) by the name of the check, `errors` is None without labels, `measures` without images, and
    `files` without image files. `held_out_copies` counts held-out images that are exact copies of fitted ones.
    """

    images: Images
    labels: Labels
    graph: Graph
    clustering: Clustering
    duplicates: Duplicates
    checks: Mapping[str, Flags]
    errors: LabelErrors | None
    measures: Measures | None
    files: FileFacts | None
    held_out_copies: int

    @property
    def n(self) -> int:
        """Number of fitted images, with those that a person marked for removal."""
        return self.images.n_fitted

    @property
    def n_remaining(self) -> int:
        """Number of fitted images without those that a person marked for removal."""
        return self.n - int(self.clustering.removed.sum())

    @cached_property
    def names(self) -> list[str]:
        """The name of each image (n)."""
        return self.images.names(self.images.split)

    @cached_property
    def clusters(self) -> Int:
        """The cluster (n,) of each image, −1 for noise."""
        return np.asarray(self.clustering.fitted, np.int32)

    @cached_property
    def truth(self) -> Int:
        """The label (n,) of each image, −1 where unknown."""
        return self.labels.fitted_or_unknown(self.n)

    def cluster_name(self, cluster: int) -> str:
        """Return the display name of a cluster, with the name that a person gave it."""
        return cluster_name(cluster, self.clustering.names)

    @cached_property
    def is_kept(self) -> Flags:
        """Whether each image (n,) remains if one image of each group is kept; images marked for removal do not."""
        return ~(self.duplicates.is_superfluous | self.clustering.removed)

    @cached_property
    def groups(self) -> list[list[int]]:
        """The rows of each group of duplicates, the image to keep first."""
        duplicates = self.duplicates
        order = np.lexsort((np.arange(self.n), duplicates.is_superfluous, duplicates.groups))
        members = order[duplicates.groups[order] >= 0]
        borders = np.flatnonzero(np.diff(duplicates.groups[members])) + 1
        return [rows.tolist() for rows in np.split(members, borders)] if len(members) else []

    def has_conflict(self, rows: list[int]) -> bool:
        """Return whether the images of these rows have different labels."""
        return len({int(label) for label in self.truth[rows] if label >= 0}) > 1

    def metrics(self) -> dict[str, float]:
        """Return the number of images of each kind of finding; `faulty` ones fail at least one check."""
        kinds = self.duplicates.kinds
        values = {
            "groups": self.duplicates.count,
            "exact_duplicates": sum(kind not in ("", "near") for kind in kinds),
            "near_duplicates": sum(kind == "near" for kind in kinds),
            "held_out_copies": self.held_out_copies,
            **{name: int(flags.sum()) for name, flags in self.checks.items()},
        }
        if self.checks:
            values["faulty"] = int(np.any([*self.checks.values()], axis=0).sum())
        if self.errors is not None:
            values["label_errors"] = self.errors.count
            values["conflicting_groups"] = sum(map(self.has_conflict, self.groups))
        return {f"quality/{name}": float(value) for name, value in values.items()}
