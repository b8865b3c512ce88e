"""Baseline models without training: the pixels themselves and their principal components."""

from __future__ import annotations

import math
from pathlib import Path
from typing import ClassVar

import numpy as np

from pipeline.artifacts.base import Float, Pixel
from pipeline.artifacts.images import Images, to_unit_range
from pipeline.config import Model, Train
from pipeline.models.autoencoder import Autoencoder, require_images, require_part
from pipeline.runtime.errors import UserError
from pipeline.runtime.limits import lower_to_limit
from pipeline.runtime.observer import SILENT, Observer

EXACT_UP_TO = 2_000
"""Values of an image up to which its principal components are exact."""


class PixelModel(Autoencoder):
    """The identity: the latents are the flattened image."""

    noun: ClassVar[str] = ""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.bottleneck, self.history, self.refinement, self.summary = shape, [], [], []

    def encode(self, images: Pixel, batch_size: int = 2048) -> Float:  # noqa: ARG002
        """Flatten images."""
        return to_unit_range(images).reshape(len(images), math.prod(self.bottleneck))

    def decode(self, latents: Float, batch_size: int = 2048) -> Float:  # noqa: ARG002
        """Reshape latents to images and clip them to [0, 1]."""
        return np.clip(latents, 0, 1).reshape(-1, *self.bottleneck)

    def save_parts(self, folder: Path) -> None:
        """Write the shape of the images."""
        np.save(folder / "shape.npy", np.array(self.bottleneck))

    @classmethod
    def load_parts(cls, folder: Path) -> PixelModel:
        """Read the shape of the images."""
        return cls(tuple(int(side) for side in np.load(folder / "shape.npy", allow_pickle=False)))


class PCAModel(Autoencoder):
    """Principal components of the pixels: the linear autoencoder with the least squared error."""

    noun: ClassVar[str] = ""

    def __init__(self, mean: Float, components: Float, shape: tuple[int, ...]) -> None:
        self.mean, self.components, self.shape = mean, components, shape
        self.bottleneck, self.history, self.refinement, self.summary = (len(components),), [], [], []

    def encode(self, images: Pixel, batch_size: int = 2048) -> Float:
        """Project images onto the components."""
        batches = [
            (to_unit_range(images[i : i + batch_size]).reshape(-1, len(self.mean)) - self.mean) @ self.components.T
            for i in range(0, len(images), batch_size)
        ]
        return np.concatenate(batches) if batches else np.empty((0, len(self.components)), np.float32)

    def decode(self, latents: Float, batch_size: int = 2048) -> Float:  # noqa: ARG002
        """Map latents back to pixels and clip them to [0, 1]."""
        images: Float = np.clip(latents @ self.components + self.mean, 0, 1).reshape(-1, *self.shape)
        return images

    def save_parts(self, folder: Path) -> None:
        """Write mean, components and image shape."""
        np.savez(folder / "pca.npz", mean=self.mean, components=self.components, shape=np.array(self.shape))

    @classmethod
    def load_parts(cls, folder: Path) -> PCAModel:
        """Read mean, components and image shape."""
        with np.load(folder / "pca.npz", allow_pickle=False) as arrays:
            return cls(arrays["mean"], arrays["components"], tuple(int(side) for side in arrays["shape"]))


def fit_pixels(model: Model, train: Train, images: Images, observer: Observer = SILENT) -> PixelModel:  # noqa: ARG001
    """Return the identity for images of this shape; nothing is fitted."""
    require_images(images, model.name)
    return PixelModel(images.shape)


def fit_pca(model: Model, train: Train, images: Images, observer: Observer = SILENT) -> PCAModel:
    """Fit `model.latent_dim` principal components to the images of `train.split`.

    They are exact up to 2,000 values per image; beyond that, a randomized method (Halko, Martinsson, Tropp 2011) finds
    them in seconds where the exact one takes minutes. With fewer images there are as many components as images, and the
    observer gets a note.

    Raises:
        UserError: `model.latent_dim` exceeds the number of pixels.
    """
    from sklearn.decomposition import PCA

    require_images(images, model.name)
    flat = to_unit_range(images.part(train.split)).reshape(-1, int(np.prod(images.shape)))
    require_part(len(flat), train.split)
    n_components, n = model.latent_dim, len(flat)
    if n_components is None or n_components > flat.shape[1]:
        raise UserError(f"model.latent_dim = {n_components}: PCA of these images has 1 to {flat.shape[1]} components")
    n_components = lower_to_limit("model.latent_dim", n_components, n, n, observer)
    solver = "covariance_eigh" if flat.shape[1] <= EXACT_UP_TO else "randomized"
    fitted = PCA(n_components, svd_solver=solver, random_state=train.seed).fit(flat)
    return PCAModel(fitted.mean_.astype(np.float32), fitted.components_.astype(np.float32), images.shape)
