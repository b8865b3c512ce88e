"""Make an image and its corrupted copy land on the same latents, without a label and without collapse."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from pipeline.models.unpooling import autoencode


class Denoiser(keras.Model):  # type: ignore[misc]  # keras has no types
    """Decodes the code of a corrupted image; with `weight` the codes of both copies are drawn together.

    Takes pairs (corrupted, clean) of images (b, h, w, c) and returns images. The loss against the clean image is the
    caller's; this model adds `weight` times the `cross_correlation` loss while it is trained.
    """

    def __init__(self, encoder: keras.Model, decoder: keras.Model, weight: float = 0.0, **options: Any) -> None:
        super().__init__(**options)
        self.encoder, self.decoder, self.weight = encoder, decoder, weight
        self.agreement = keras.metrics.Mean(name="consistency") if weight else None

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Encode the corrupted image and decode it."""
        corrupted, clean = inputs
        code, decoded = autoencode(self.encoder, self.decoder, corrupted, training)
        if training and self.agreement is not None:
            self.add_loss(self.weight * cross_correlation(code, self.encoder(clean, training=training)))
        return decoded

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
    ) -> Any:
        """Return the loss of a batch, and keep the added term as a metric; the names are Keras'.

        On JAX a metric that `call` changes is forgotten.
        """
        if training and self.agreement is not None:
            # Keras weighs a batch's loss by its images too.
            self.agreement.update_state(self.losses[0] / self.weight, ops.shape(y_pred)[0])
        return super().compute_loss(x, y, y_pred, sample_weight, training)


def cross_correlation(first: Any, second: Any, redundancy: float = 0.01) -> Any:
    """Return how far the correlation matrix of two batches of codes (b, …) is from the identity, a scalar >= 0.

    Each dimension should agree between the copies (diagonal 1) and repeat no other one (rest 0, weighted by
    `redundancy`), divided by the number of dimensions. Source: Zbontar et al., "Barlow Twins", 2021.
    """
    one, two = (_standardise(ops.reshape(code, (ops.shape(code)[0], -1))) for code in (first, second))
    batch, size = ops.cast(ops.shape(one)[0], one.dtype), ops.cast(ops.shape(one)[1], one.dtype)
    correlation = ops.matmul(ops.transpose(one), two) / batch
    diagonal = ops.diagonal(correlation)
    rest = ops.sum(ops.square(correlation)) - ops.sum(ops.square(diagonal))
    return (ops.sum(ops.square(diagonal - 1.0)) + redundancy * rest) / size


def _standardise(code: Any) -> Any:
    centred = code - ops.mean(code, axis=0, keepdims=True)
    return centred / (ops.std(code, axis=0, keepdims=True) + 1e-4)
