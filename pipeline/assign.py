"""Clusters for images that were never seen: encoder, manifold and clusterer as one object."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.artifacts.base import Float, Int, Pixel
from pipeline.artifacts.clustering import Clustering
from pipeline.artifacts.features import Features
from pipeline.artifacts.latents import Graph, Latents
from pipeline.knn import search
from pipeline.models.base import Autoencoder
from pipeline.neighborhood import vote, weights

NEIGHBOURS = 15
PARTS = ("autoencoder", "latents", "graph", "features", "clustering")
"""What an assigner is made from: the arguments of `Assigner.of`, as a run stores them."""

FAR_QUANTILE = 0.995
"""Farther from all fitted images than this share of them are from their nearest neighbour: far."""


def assign(
    clustering: Clustering, features: Features, latents: Float, indices: Int, distances: Float
) -> tuple[Int, Float]:
    """Return cluster (m,) and confidence (m,) in [0, 1] of new `latents` (m, d); nothing is fitted.

    Where the clustered space places new points exactly, the estimator's own `predict_proba` decides, or its
    `predict`. Otherwise the point's fitted neighbours in the latent space, `indices` and `distances` (m, k), vote:
    a mean of neighbours from two clusters lies in neither, and often in a third.
    """
    if not len(latents):
        return np.empty(0, np.int32), np.empty(0, np.float32)
    estimator, known = clustering.estimator, np.asarray(clustering.fitted)
    if not features.exact or not hasattr(estimator, "predict"):
        return vote(known, indices, distances)
    points = features.place(latents, indices, distances)
    if hasattr(estimator, "predict_proba"):
        posterior = estimator.predict_proba(points)
        return _renumber(posterior.argmax(axis=1), clustering), posterior.max(axis=1).astype(np.float32)
    assigned = _renumber(np.asarray(estimator.predict(points), np.int32), clustering)
    agreeing = np.where(known[indices] == assigned[:, None], weights(distances), 0).sum(axis=1, dtype=np.float32)
    return assigned, np.minimum(agreeing, np.float32(1))


def _renumber(labels: Int, clustering: Clustering) -> Int:
    """Our number of each of the estimator's labels; −1 for noise, and for a cluster that no fitted image fell into."""
    table = np.append(np.asarray(clustering.numbering), np.int32(-1))
    return table[np.minimum(labels + 1, len(table) - 1)]


@dataclass(frozen=True)
class Assigner:
    """Everything that a new image's cluster depends on."""

    autoencoder: Autoencoder
    latents: Latents
    features: Features
    clustering: Clustering
    reach: float

    @classmethod
    def of(
        cls,
        autoencoder: Autoencoder,
        latents: Latents,
        graph: Graph,
        features: Features,
        clustering: Clustering,
        far_quantile: float = FAR_QUANTILE,
    ) -> Assigner:
        """Return the assigner of a run; `reach` becomes that quantile of its fitted images' own distances.

        So where new images are as the fitted ones are, a share of about 1 − `far_quantile` of them is called far.
        """
        reach = float(np.quantile(graph.distances[:, 0], far_quantile))
        return cls(autoencoder, latents, features, clustering, reach)

    def __call__(self, images: Pixel) -> pd.DataFrame:
        """Return a row per image: cluster, confidence in [0, 1], distance to the nearest fitted latents, and far.

        `images` (m, h, w, c) are uint8 or floats in [0, 1], of the shape that the autoencoder was trained on. Far
        ones are farther than `reach` from everything that was fitted; their clusters mean little.
        """
        latents = self.autoencoder.encode(images)
        base = np.asarray(self.latents.fitted)
        indices, distances = search(base, latents, min(NEIGHBOURS, len(base)))
        clusters, confidence = assign(self.clustering, self.features, latents, indices, distances)
        nearest = distances[:, 0]
        return pd.DataFrame(
            {"cluster": clusters, "confidence": confidence, "distance": nearest, "far": nearest > self.reach}
        )

    def predict(self, images: NDArray[Any], params: dict[str, Any] | None = None) -> pd.DataFrame:  # noqa: ARG002
        """Do the same under the name that MLflow calls."""
        return self(images if images.dtype == np.uint8 else np.asarray(images, np.float32))

    def save(self, folder: Path) -> None:
        """Write the parts below `folder`."""
        for name in ("autoencoder", "latents", "features", "clustering"):
            getattr(self, name).save(folder / name)
        (folder / "assigner.json").write_text(json.dumps({"reach": self.reach}))

    @classmethod
    def load(cls, folder: Path) -> Assigner:
        """Read the parts."""
        return cls(
            Autoencoder.load(folder / "autoencoder"),
            Latents.load(folder / "latents"),
            Features.load(folder / "features"),
            Clustering.load(folder / "clustering"),
            json.loads((folder / "assigner.json").read_text())["reach"],
        )


def _load_pyfunc(path: str) -> Assigner:
    """Load the model for MLflow."""
    return Assigner.load(Path(path))
