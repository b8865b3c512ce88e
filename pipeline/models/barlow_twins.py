"""The Barlow Twins loss, and a denoising autoencoder that adds it: an image and its corrupted copy get equal codes."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from pipeline.models.patch_convolutions import run_layers
from pipeline.models.unpooling import autoencode


class DenoisingAutoencoder(keras.Model):  # type: ignore[misc]  # keras has no types
    """Reconstructs clean images from corrupted copies.

    Inputs are pairs (corrupted, clean) of images (b, h, w, c), outputs are images. `compile` sets the reconstruction
    loss. During training `weight` times the Barlow Twins loss between the codes of both copies is added.
    """

    def __init__(self, encoder: keras.Model, decoder: keras.Model, weight: float = 0.0, **options: Any) -> None:
        super().__init__(**options)
        self.encoder, self.decoder, self.weight = encoder, decoder, weight
        self.barlow_twins = keras.metrics.Mean(name="barlow_twins") if weight else None

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Encode the corrupted image and decode the code."""
        corrupted, clean = inputs
        code, decoded = autoencode(self.encoder, self.decoder, corrupted, training)
        if training and self.barlow_twins is not None:
            self.add_loss(self.weight * barlow_twins_loss(code, run_layers(self.encoder, clean, training)))
        return decoded

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
    ) -> Any:
        """Return the loss of a batch and update the metric of the added term; called by Keras.

        `call` cannot update it, because on JAX such an update is lost.
        """
        if training and self.barlow_twins is not None:
            # Keras weights a batch's loss by its number of images too.
            self.barlow_twins.update_state(self.losses[0] / self.weight, ops.shape(y_pred)[0])
        return super().compute_loss(x, y, y_pred, sample_weight, training)


def barlow_twins_loss(first: Any, second: Any, redundancy: float = 0.01) -> Any:
    """Return the distance of the cross-correlation matrix of two batches of codes (b, …) from the identity, >= 0.

    The loss is (Σ_i (C_ii − 1)² + redundancy · Σ_{i≠j} C_ij²) / d for d dimensions: each dimension should agree between
    the copies and be uncorrelated with the others. Source: Zbontar et al., "Barlow Twins", 2021.
    """
    first, second = (_standardise(ops.reshape(code, (ops.shape(code)[0], -1))) for code in (first, second))
    batch, size = ops.cast(ops.shape(first)[0], first.dtype), ops.cast(ops.shape(first)[1], first.dtype)
    correlation = ops.matmul(ops.transpose(first), second) / batch
    diagonal = ops.diagonal(correlation)
    off_diagonal = ops.sum(ops.square(correlation)) - ops.sum(ops.square(diagonal))
    return (ops.sum(ops.square(diagonal - 1.0)) + redundancy * off_diagonal) / size


def _standardise(code: Any) -> Any:
    """Codes (b, d) with mean 0 and deviation 1; a dimension that is constant in the batch becomes 0."""
    centred = code - ops.mean(code, axis=0, keepdims=True)
    variance = ops.var(code, axis=0, keepdims=True)
    # The derivative of the root is infinite at 0, which gives NaN on JAX.
    deviation = ops.where(variance > 0, ops.sqrt(ops.where(variance > 0, variance, 1.0)), 0.0)
    return centred / (deviation + 1e-4)
