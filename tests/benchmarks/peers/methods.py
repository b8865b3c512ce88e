"""The compared methods: ours, and ClustPy's with ClustPy's defaults."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Pixel = NDArray[np.uint8]
K = 10


@dataclass(frozen=True)
class Budget:
    """Epochs of ClustPy's trainings; the defaults are ClustPy's. Our recipes have their default steps."""

    pretraining: int = 100
    clustering: int = 150


Cluster = Callable[[Pixel, int, Budget], NDArray[Any]]


@dataclass(frozen=True)
class Method:
    """A method: its library, a note on its settings, whether its training has a clustering phase, and its function."""

    library: str
    settings: str
    refines: bool
    cluster: Cluster

    def epochs(self, budget: Budget) -> list[int]:
        """Return the epochs of its trainings that the budget sets."""
        if self.library != "ClustPy":
            return []
        return [budget.pretraining, budget.clustering] if self.refines else [budget.pretraining]


def cluster_by_default(images: Pixel, seed: int, budget: Budget, *overrides: str) -> NDArray[Any]:
    """Cluster as `python -m pipeline` does, with the map of all images."""
    from pipeline.api import cluster_images

    return np.asarray(cluster_images(images, *overrides, k=K, seed=seed).clusters)


def cluster_by_self_training(images: Pixel, seed: int, budget: Budget) -> NDArray[Any]:
    """Cluster as `refine=self_training` does."""
    return cluster_by_default(images, seed, budget, "refine=self_training")


def clustpy_method(name: str) -> Cluster:
    """Return a ClustPy method that pretrains an autoencoder and then trains it for clustering, with its defaults."""

    def cluster(images: Pixel, seed: int, budget: Budget) -> NDArray[Any]:
        import clustpy.deep

        epochs = {"pretrain_epochs": budget.pretraining, "clustering_epochs": budget.clustering}
        method = getattr(clustpy.deep, name)(n_clusters=K, random_state=seed, **epochs)
        return np.asarray(method.fit(flatten_images(images)).labels_)

    return cluster


def cluster_by_n2d(images: Pixel, seed: int, budget: Budget) -> NDArray[Any]:
    """Cluster by N2D with the UMAP of its publication; ClustPy's default, t-SNE in k dimensions, raises an error."""
    from clustpy.deep import N2D
    from umap import UMAP

    published = {"n_components": K, "n_neighbors": 20, "min_dist": 0.0, "random_state": seed, "n_jobs": 1}
    method = N2D(
        n_clusters=K,
        pretrain_epochs=budget.pretraining,
        manifold_class=UMAP,
        manifold_params=published,
        random_state=seed,
    )
    return np.asarray(method.fit(flatten_images(images)).labels_)


def flatten_images(images: Pixel) -> NDArray[np.float32]:
    """Return images (n, h, w) uint8 as ClustPy expects them: (n, h·w) in [0, 1]."""
    return (images.reshape(len(images), -1) / np.float32(255)).astype(np.float32)


METHODS = {
    "ours": Method("this project", "the default recipe, with its map", False, cluster_by_default),
    "ours, self-trained": Method("this project", "`refine=self_training`, with map", True, cluster_by_self_training),
    "DEC": Method("ClustPy", "", True, clustpy_method("DEC")),
    "IDEC": Method("ClustPy", "", True, clustpy_method("IDEC")),
    "DCN": Method("ClustPy", "", True, clustpy_method("DCN")),
    "N2D": Method("ClustPy", "UMAP as published, 10 dimensions, 20 neighbours, min_dist 0", False, cluster_by_n2d),
}
