"""Inputs of the arms: MNIST, its 64 principal components as latents, and their neighbour graph, computed once."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.artifacts.images import Images
from pipeline.artifacts.latents import Graph, Latents
from tests.benchmarks.sizes import Sizes

LATENT_DIM = 64


def images(n: int) -> tuple[Images, NDArray[Any]]:
    """Return the first n training images, none of them held out, and their labels."""
    from pipeline.data.mnist import read_mnist

    source = read_mnist()
    assert source.train_labels is not None
    return Images.from_array(source.train[:n]), source.train_labels[:n]


def latents(sizes: Sizes, n: int | None = None) -> Latents:
    """Return n latents (n, 64): principal components, so that no arm has to train a model first."""
    file = sizes.folder / "latents.npy"
    if not file.exists():
        from sklearn.decomposition import PCA

        pixels = images(sizes.images)[0].train.reshape(sizes.images, -1) / np.float32(255)
        np.save(file, PCA(LATENT_DIM, random_state=0).fit_transform(pixels).astype(np.float32))
    codes = np.load(file)[:n]
    return Latents(codes, codes[:0], [LATENT_DIM])


def graph(sizes: Sizes, k: int = 20, n: int | None = None) -> Graph:
    """Return the exact k-nearest-neighbour graph of n latents."""
    from pipeline.embedding.neighbors import exact

    file = sizes.folder / f"graph-{k}-{n}.npz"
    if not file.exists():
        computed = exact(latents(sizes, n), k)
        np.savez(file, indices=computed.indices, distances=computed.distances)
    stored = np.load(file)
    none = stored["indices"][:0]
    return Graph(stored["indices"], stored["distances"], none, stored["distances"][:0])
