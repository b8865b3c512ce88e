"""The data of a run that a comparison needs, and the images that two runs have in common."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.artifacts.base import Float, Int, Pixel
from pipeline.artifacts.clustering import Clustering
from pipeline.artifacts.images import Images
from pipeline.pages.formats import cluster_name
from pipeline.runtime.errors import UserError

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class ComparedRun:
    """One of the two runs: name and id, scores, flat settings, images and clusters.

    A run that an action such as edit made has the `action` and the id of the run that it was `made_from`; both are
    empty for other runs.
    """

    name: str
    run_id: str
    scores: Mapping[str, float]
    settings: Mapping[str, Any]
    images: Images
    clustering: Clustering
    action: str = ""
    made_from: str = ""

    @property
    def pixels(self) -> Pixel:
        """All images (n, h, w, c) that have a cluster: the fitted ones, then the held-out ones."""
        return np.concatenate([self.images.fitted, self.images.held_out])

    @property
    def vectors(self) -> Float:
        """All vectors (n, d) that have a cluster, in the order of `pixels`, of a run of vectors."""
        return np.concatenate([self.images.fitted_vectors, self.images.held_out_vectors])

    @property
    def names(self) -> list[str]:
        """The name of each image in `pixels`; images without a path are train/0, test/0 and so on."""
        held_out = self.images.names("test") if len(self.images.held_out) else []
        if not held_out or self.images.paths:
            return [*self.images.names(self.images.split), *held_out]
        return [f"{part}/{name}" for part in ("train", "test") for name in self.images.names(part)]

    @property
    def clusters(self) -> Int:
        """The cluster (n,) of each image in `pixels`, −1 for noise."""
        return np.concatenate([self.clustering.fitted, self.clustering.held_out])

    def cluster_name(self, cluster: int) -> str:
        """Return the display name of a cluster of this run."""
        return cluster_name(cluster, self.clustering.names)

    @property
    def confidence(self) -> Float:
        """The confidence (n,) in [0, 1] of each cluster in `clusters`."""
        return np.concatenate([self.clustering.confidence, self.clustering.held_confidence])


def match_images(first: ComparedRun, second: ComparedRun) -> tuple[Rows, Rows]:
    """Return the rows, in either run, of the images that both runs have.

    Images of the same shape are matched by their pixels, images of different shapes by their file names, and vectors
    without images by their numbers. Matches are one to one: the second of several equal images is matched with the
    second of the other run, and so on.

    Raises:
        UserError: the runs have no image in common.
    """
    are_alike = _form(first) == _form(second)
    if are_alike and first.images.digest == second.images.digest and first.images.digest:
        rows = np.arange(len(first.clusters))
        return rows, rows
    first_keys, second_keys = (_image_keys(run, are_alike) for run in (first, second))
    second_row = {key: row for row, key in enumerate(second_keys)}
    pairs = [(row, second_row[key]) for row, key in enumerate(first_keys) if key in second_row]
    if not pairs:
        raise UserError(
            f"runs: {first.run_id} and {second.run_id} have no image in common; choose two runs on the same data set"
        )
    rows = np.array(pairs, np.int64)
    return rows[:, 0], rows[:, 1]


def _form(run: ComparedRun) -> tuple[Any, ...]:
    """Shape and type of an image, or of a vector without one."""
    images = run.images
    if images.has_images:
        return (*images.shape, images.train.dtype)
    return (images.fitted_vectors.shape[1],)


def _image_keys(run: ComparedRun, by_values: bool) -> list[tuple[Any, int]]:
    """Pixels, vector or name of each image, with the number of equal ones before it."""
    keys: list[Any] = run.names if run.images.paths else []
    if by_values:
        keys = [values.tobytes() for values in (run.pixels if run.images.has_images else run.vectors)]
    counts = Counter[Any]()
    numbered = []
    for key in keys:
        numbered.append((key, counts[key]))
        counts[key] += 1
    return numbered
