"""Null models: latent spaces that nobody trained. An autoencoder that does not beat them has no use."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.artifacts.base import Float, Pixel
from pipeline.artifacts.images import Images, unit_range
from pipeline.config import Model, Train
from pipeline.errors import UserError
from pipeline.models.base import Autoencoder
from pipeline.observer import SILENT, Observer


class Pixels(Autoencoder):
    """The identity: a latent is the flattened image."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.bottleneck, self.history, self.refinement, self.summary = shape, [], [], []

    def encode(self, images: Pixel, batch_size: int = 2048) -> Float:  # noqa: ARG002
        """Flatten."""
        return unit_range(images).reshape(len(images), math.prod(self.bottleneck))

    def decode(self, latents: Float, batch_size: int = 2048) -> Float:  # noqa: ARG002
        """Unflatten."""
        return np.clip(latents, 0, 1).reshape(-1, *self.bottleneck)

    def save_parts(self, folder: Path) -> None:
        """Write the image shape."""
        np.save(folder / "shape.npy", np.array(self.bottleneck))

    @classmethod
    def load_parts(cls, folder: Path) -> Pixels:
        """Read the image shape."""
        return cls(tuple(int(side) for side in np.load(folder / "shape.npy", allow_pickle=False)))


class PCA(Autoencoder):
    """Principal components of the pixels: the best linear autoencoder in squared error."""

    def __init__(self, mean: Float, components: Float, shape: tuple[int, ...]) -> None:
        self.mean, self.components, self.shape = mean, components, shape
        self.bottleneck, self.history, self.refinement, self.summary = (len(components),), [], [], []

    def encode(self, images: Pixel, batch_size: int = 2048) -> Float:
        """Project onto the components."""
        parts = [
            (unit_range(images[i : i + batch_size]).reshape(-1, len(self.mean)) - self.mean) @ self.components.T
            for i in range(0, len(images), batch_size)
        ]
        return np.concatenate(parts) if parts else np.empty((0, len(self.components)), np.float32)

    def decode(self, latents: Float, batch_size: int = 2048) -> Float:  # noqa: ARG002
        """Project back."""
        images: Float = np.clip(latents @ self.components + self.mean, 0, 1).reshape(-1, *self.shape)
        return images

    def save_parts(self, folder: Path) -> None:
        """Write mean, components and image shape."""
        np.savez(folder / "pca.npz", mean=self.mean, components=self.components, shape=np.array(self.shape))

    @classmethod
    def load_parts(cls, folder: Path) -> PCA:
        """Read mean, components and image shape."""
        with np.load(folder / "pca.npz", allow_pickle=False) as parts:
            return cls(parts["mean"], parts["components"], tuple(int(side) for side in parts["shape"]))


def fit_pixels(model: Model, train: Train, images: Images, observer: Observer = SILENT) -> Pixels:  # noqa: ARG001
    """Return the identity for images of this shape."""
    return Pixels(images.shape)


def fit_pca(model: Model, train: Train, images: Images, observer: Observer = SILENT) -> PCA:  # noqa: ARG001
    """Return `model.latent_dim` principal components of the training split, from its exact covariance."""
    from sklearn.decomposition import PCA as Linear  # noqa: N811

    flat = unit_range(images.part(train.split)).reshape(-1, int(np.prod(images.shape)))
    wanted: Any = model.latent_dim
    if wanted is None or wanted > min(flat.shape):
        raise UserError(f"model.latent_dim = {wanted}: PCA of these images has 1 to {min(flat.shape)} components")
    fitted = Linear(wanted, svd_solver="covariance_eigh").fit(flat)
    return PCA(fitted.mean_.astype(np.float32), fitted.components_.astype(np.float32), images.shape)
