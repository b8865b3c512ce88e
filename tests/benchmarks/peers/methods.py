"""The methods that are compared: ours, and ClustPy's as ClustPy sets them."""

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
    """How long ClustPy trains, in epochs; these are its own defaults. Ours has its default steps."""

    pretraining: int = 100
    clustering: int = 150


Cluster = Callable[[Pixel, int, Budget], NDArray[Any]]


@dataclass(frozen=True)
class Method:
    """A method's library, what has to be said of its settings, whether it trains on towards clusters, and itself."""

    library: str
    settings: str
    refines: bool
    cluster: Cluster

    def epochs(self, budget: Budget) -> list[int]:
        """Return the epochs of its trainings as far as the budget sets them."""
        if self.library != "ClustPy":
            return []
        return [budget.pretraining, budget.clustering] if self.refines else [budget.pretraining]


def default(images: Pixel, seed: int, budget: Budget, *words: str) -> NDArray[Any]:
    """Cluster as `python -m pipeline` does, the map of all images included."""
    from pipeline.notebook import cluster_images

    return np.asarray(cluster_images(images, *words, k=K, seed=seed).clusters)


def self_trained(images: Pixel, seed: int, budget: Budget) -> NDArray[Any]:
    """Cluster as `experiment=best` does."""
    return default(images, seed, budget, "refine=self_training")


def clustpy(name: str) -> Cluster:
    """Return one of ClustPy's methods that pretrain an autoencoder and train it on, with ClustPy's defaults."""

    def cluster(images: Pixel, seed: int, budget: Budget) -> NDArray[Any]:
        import clustpy.deep

        epochs = {"pretrain_epochs": budget.pretraining, "clustering_epochs": budget.clustering}
        method = getattr(clustpy.deep, name)(n_clusters=K, random_state=seed, **epochs)
        return np.asarray(method.fit(flat(images)).labels_)

    return cluster


def n2d(images: Pixel, seed: int, budget: Budget) -> NDArray[Any]:
    """Cluster by N2D with the UMAP of its publication: ClustPy's own default, t-SNE in k dimensions, is an error."""
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
    return np.asarray(method.fit(flat(images)).labels_)


def flat(images: Pixel) -> NDArray[np.float32]:
    """Return images (n, h, w) uint8 as ClustPy takes them: (n, h·w) in [0, 1]."""
    return (images.reshape(len(images), -1) / np.float32(255)).astype(np.float32)


METHODS = {
    "ours": Method("this project", "the default recipe, with its map", False, default),
    "ours, self-trained": Method("this project", "`experiment=best`, with its map", True, self_trained),
    "DEC": Method("ClustPy", "", True, clustpy("DEC")),
    "IDEC": Method("ClustPy", "", True, clustpy("IDEC")),
    "DCN": Method("ClustPy", "", True, clustpy("DCN")),
    "N2D": Method("ClustPy", "UMAP as published, 10 dimensions, 20 neighbours, min_dist 0", False, n2d),
}
