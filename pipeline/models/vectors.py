"""The model of vectors that were computed elsewhere: normalisation and principal components, no network."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from pipeline.artifacts.base import Float
from pipeline.artifacts.images import Images
from pipeline.config import Model, Train
from pipeline.embedding.metric import to_unit_length
from pipeline.models.autoencoder import Autoencoder, require_part
from pipeline.runtime.errors import UserError
from pipeline.runtime.limits import lower_to_limit
from pipeline.runtime.observer import SILENT, Observer

Double = NDArray[np.float64]

PER_WHITENED = 4
"""Vectors for each whitened component: with as many components as vectors, all would be equally far apart."""
NO_VARIANCE = 1e-6
"""A component whose deviation is less than this share of the largest one is rounding error, and is not whitened."""


class VectorModel(Autoencoder):
    """Maps vectors to latents: shifted by `mean` and divided by `scale`, or to length 1, then projected.

    `mean` and `scale` are (d,) or 0 and 1; `components` (l, d) are the principal components about `centre` (d,), or
    empty. With `is_whitened` the components are divided by their standard deviations, and latents have length 1. There
    is no decoder: pages show the nearest item in place of a decoded centre.
    """

    noun: ClassVar[str] = ""
    has_decoder: ClassVar[bool] = False

    def __init__(
        self,
        d: int,
        is_unit: bool,
        mean: Double,
        scale: Double,
        centre: Double,
        components: Double,
        is_whitened: bool = False,
    ) -> None:
        self.d, self.is_unit, self.mean, self.scale = d, is_unit, mean, scale
        self.centre, self.components, self.is_whitened = centre, components, is_whitened
        self.bottleneck = (len(components) or d,)
        self.history, self.refinement, self.summary = [], [], []

    @classmethod
    def identity(cls, d: int, is_unit: bool = False) -> VectorModel:
        """Return the model that leaves vectors of `d` dimensions as they are, or divides them by their lengths."""
        return cls(d, is_unit, np.zeros(1), np.ones(1), np.empty(0), np.empty((0, d)))

    def inputs(self, images: Images) -> tuple[Any, Any]:
        """Return the fitted and the held-out vectors."""
        return images.fitted_vectors, images.held_out_vectors

    def encode(self, images: Any, batch_size: int = 2048) -> Float:
        """Map vectors (n, d) to latents (n, l)."""
        parts = [self._encode(images[i : i + batch_size]) for i in range(0, len(images), batch_size)]
        return np.concatenate(parts) if parts else np.empty((0, *self.bottleneck), np.float32)

    def _encode(self, vectors: Any) -> Float:
        normalized = self.normalize(vectors)
        if len(self.components):
            normalized = (normalized - self.centre) @ self.components.T
        return np.asarray(to_unit_length(normalized) if self.is_whitened else normalized, np.float32)

    def normalize(self, vectors: Any) -> Double:
        """Return the vectors normalised and not yet projected; vectors of length 0 stay as they are."""
        shifted: Double = (np.asarray(vectors, np.float64) - self.mean) / self.scale
        return np.asarray(to_unit_length(shifted), np.float64) if self.is_unit else shifted

    def decode(self, latents: Float, batch_size: int = 2048) -> Float:
        """Raise an error: vectors have no decoder."""
        raise NotImplementedError("vectors have no decoder")

    def save_parts(self, folder: Path) -> None:
        """Write the numbers of the normalisation and the components."""
        np.savez(
            folder / "vectors.npz", d=self.d, is_unit=self.is_unit, mean=self.mean, scale=self.scale,
            centre=self.centre, components=self.components, is_whitened=self.is_whitened,
        )  # fmt: skip

    @classmethod
    def load_parts(cls, folder: Path) -> VectorModel:
        """Read what `save_parts` wrote."""
        with np.load(folder / "vectors.npz", allow_pickle=False) as arrays:
            parts = (arrays["mean"], arrays["scale"], arrays["centre"], arrays["components"])
            is_whitened = bool(arrays["is_whitened"]) if "is_whitened" in arrays else False
            return cls(int(arrays["d"]), bool(arrays["is_unit"]), *parts, is_whitened)


def fit_vectors(model: Model, train: Train, images: Images, observer: Observer = SILENT) -> VectorModel:
    """Return the model of the set's vectors, normalised as `model.normalize` says.

    `standard` subtracts the mean of each dimension and divides by its standard deviation (1 where it is 0). `l2`
    divides each vector by its length, so that distances rank as cosine distances do. `model.latent_dim` principal
    components follow; None keeps all dimensions. Statistics are those of `train.split`.

    Raises:
        UserError: the image set has no vectors, or fewer dimensions than `model.latent_dim`.
    """
    if images.vectors is None:
        raise UserError(
            f"model = {model.name}: {images.name} has images and no vectors; choose another model, or data=vectors"
        )
    vectors = np.asarray(images.vectors_of(train.split), np.float32)
    require_part(len(vectors), train.split)
    return fit_normalization(model, vectors, observer)


def fit_normalization(model: Model, vectors: Float, observer: Observer = SILENT) -> VectorModel:
    """Return the normalisation `model.normalize` and the `model.latent_dim` principal components of vectors (n, d).

    `whiten` divides vectors by their lengths, the components by their standard deviations, and the result by its
    length, so that no direction of large variance dominates the distances; at most one component for four vectors is
    kept. Source: Jégou and Chum, "Negative evidences
    and co-occurrences in image retrieval: the benefit of PCA and whitening", 2012.

    Raises:
        UserError: the vectors have fewer dimensions than `model.latent_dim`.
    """
    from sklearn.decomposition import PCA

    d, count = vectors.shape[1], model.latent_dim
    is_whitened = model.normalize == "whiten"
    if is_whitened and count is None:
        raise UserError("model.normalize = 'whiten': needs principal components; set model.latent_dim=64")
    fitted = VectorModel.identity(d, model.normalize in ("l2", "whiten"))
    if model.normalize == "standard":
        deviation = vectors.std(axis=0, dtype=np.float64)
        fitted.mean, fitted.scale = vectors.mean(axis=0, dtype=np.float64), np.where(deviation > 0, deviation, 1)
    if count is None:
        return fitted
    if count > d:
        raise UserError(
            f"model.latent_dim = {count}: the vectors have {d} dimensions; give at most {d}, or null for all"
        )
    limit = max(len(vectors) // PER_WHITENED if is_whitened else len(vectors), 1)
    reason = "the components are computed from {n:,} vectors"  # those of all images, or of a sample
    count = lower_to_limit("model.latent_dim", count, limit, len(vectors), observer, reason)
    pca = PCA(count, svd_solver="full" if d <= 2000 else "randomized", random_state=0).fit(fitted.normalize(vectors))
    components = pca.components_
    if is_whitened:
        deviations = np.sqrt(pca.explained_variance_)
        components = components / np.where(deviations > NO_VARIANCE * deviations[0], deviations, np.inf)[:, None]
    return VectorModel(d, fitted.is_unit, fitted.mean, fitted.scale, pca.mean_, components, is_whitened)
