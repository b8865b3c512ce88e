"""Assignment of new images to the clusters of a run: encoder, manifold and clusterer as one object."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pipeline.artifacts.base import Float, Pixel
from pipeline.artifacts.clustering import Clustering
from pipeline.artifacts.features import Features, Map
from pipeline.artifacts.latents import Graph, Latents
from pipeline.clustering.assign_points import assign_points
from pipeline.data.new_images import Shape
from pipeline.data.request_pixels import read_request_pixels, require_request_size
from pipeline.data.vectors import check_vectors, require_finite
from pipeline.embedding.metric import Metric
from pipeline.embedding.neighbors import search_neighbors
from pipeline.embedding.placement import place_points
from pipeline.models.autoencoder import Autoencoder
from pipeline.runtime.errors import UserError

PARTS = ("autoencoder", "latents", "graph", "features", "clustering")
"""Names of the stored artifacts that make an assigner, the arguments of `Assigner.from_artifacts`."""

FAR_QUANTILE = 0.995
"""Quantile of the fitted images' nearest-neighbour distances beyond which a new image is called far."""

EARLIER_K = 15
"""Number of neighbours of a stored assigner that does not have it in its file: one of version 0.1."""


@dataclass(frozen=True)
class Assigner:
    """Assigns images to clusters without fitting anything.

    `reach` is the distance in the latent space from the nearest fitted image beyond which an image is called far.
    `k` is the number of fitted neighbours that an image gets, that of the run's graph, so that a new image is assigned
    as the run assigned its held-out images. `shape` (h, w, c) is that of the images, or (d,) that of vectors, None if
    it is not known, and `is_8_bit` whether images are uint8; requests are checked against them. `metric` is that of the
    run's graph. With a `map`, images also get coordinates on it.
    """

    autoencoder: Autoencoder
    latents: Latents
    features: Features
    clustering: Clustering
    reach: float
    k: int
    shape: Shape | tuple[int] | None = None
    is_8_bit: bool = True
    metric: Metric = "euclidean"
    map: Map | None = None

    @classmethod
    def from_artifacts(
        cls,
        autoencoder: Autoencoder,
        latents: Latents,
        graph: Graph,
        features: Features,
        clustering: Clustering,
        far_quantile: float = FAR_QUANTILE,
        shape: Shape | tuple[int] | None = None,
        is_8_bit: bool = True,
        map: Map | None = None,
    ) -> Assigner:
        """Return the assigner of a run, with the given quantile of nearest-neighbour distances as its `reach`.

        Of new images from the same distribution, a share of about 1 − `far_quantile` is called far.
        """
        reach = float(np.quantile(graph.distances[:, 0], far_quantile))
        return cls(autoencoder, latents, features, clustering, reach, graph.k, shape, is_8_bit, graph.metric, map)

    def __call__(self, images: Pixel) -> pd.DataFrame:
        """Return a row per image: cluster (−1: noise), confidence in [0, 1], distance, far, and x and y with a map.

        `images` (m, h, w, c) are uint8 or floats in [0, 1], of the shape that the autoencoder was trained on, or
        vectors (m, d) if the run was fitted on vectors.
        `distance` is that to the nearest latents of a fitted image. The cluster of a far image is not reliable. x and y
        are float32 coordinates on the map: a linear one transforms the latents, any other gives the weighted mean of
        the fitted neighbours' coordinates.
        """
        return self.assign_latents(self.autoencoder.encode(images))

    def assign_latents(self, latents: Float) -> pd.DataFrame:
        """Return the same table for images that are encoded already, as latents (m, d)."""
        fitted = np.asarray(self.latents.fitted)
        indices, distances = search_neighbors(fitted, latents, min(self.k, len(fitted)), metric=self.metric)
        clusters, confidence = assign_points(self.clustering, self.features, latents, indices, distances)
        nearest = distances[:, 0]
        table = pd.DataFrame(
            {"cluster": clusters, "confidence": confidence, "distance": nearest, "far": nearest > self.reach}
        )
        if self.map is not None:
            table["x"], table["y"] = place_points(self.map, latents, indices, distances).T
        return table

    def predict(self, images: Any, params: dict[str, Any] | None = None) -> pd.DataFrame:  # noqa: ARG002
        """Return the same table; MLflow calls a served model by this name.

        `images` is an array, or a table with one column whose cells are images, nested or flat. Its type decides how
        the pixels are read: see `read_request_pixels`.

        Raises:
            UserError: the range, the type or the shape of the images is wrong, or there are too many in a request.
        """
        if self.shape is not None and np.ndim(images):
            require_request_size(len(images), math.prod(self.shape))
        if isinstance(images, pd.DataFrame):
            is_wide = self.shape == (images.shape[1],) and images.shape[1] > 1
            images = images.to_numpy() if is_wide else self._stack_column(images)
        if self.shape is not None and len(self.shape) == 1:
            vectors = check_vectors(np.asarray(images), "the request", self.shape[0])
            require_finite(vectors, "the request")
            return self(vectors)
        return self(read_request_pixels(images, self.shape, self.is_8_bit))

    def _stack_column(self, table: pd.DataFrame) -> Any:
        """The images in the cells of a table, which Spark passes flat."""
        if table.shape[1] != 1:
            raise UserError(f"inputs: a table of {table.shape[1]} columns; give one column whose cells are images")
        try:
            stacked = np.stack([np.asarray(cell) for cell in table.iloc[:, 0]])
            return stacked.reshape(len(stacked), *self.shape) if stacked.ndim == 2 and self.shape else stacked
        except ValueError as error:
            expected = self.shape or "the shape of the fitted images"
            raise UserError(f"inputs: the cells of the table are not images of {expected}") from error

    def save(self, folder: Path) -> None:
        """Write all parts but the map to `folder`."""
        for name in ("autoencoder", "latents", "features", "clustering"):
            getattr(self, name).save(folder / name)
        settings = {"reach": self.reach, "k": self.k, "shape": self.shape, "is_8_bit": self.is_8_bit,
                    "metric": self.metric}  # fmt: skip
        (folder / "assigner.json").write_text(json.dumps(settings))

    @classmethod
    def load(cls, folder: Path) -> Assigner:
        """Read an assigner from a folder that `save` wrote."""
        settings = json.loads((folder / "assigner.json").read_text())
        return cls(
            Autoencoder.load(folder / "autoencoder"),
            Latents.load(folder / "latents"),
            Features.load(folder / "features"),
            Clustering.load(folder / "clustering"),
            settings["reach"],
            settings.get("k", EARLIER_K),
            tuple(settings["shape"]) if settings.get("shape") else None,
            settings.get("is_8_bit", True),
            settings.get("metric", "euclidean"),
        )


def _load_pyfunc(path: str) -> Assigner:
    """Load a model that version 0.2 or earlier logged; MLflow finds this function by its name."""
    return Assigner.load(Path(path))
