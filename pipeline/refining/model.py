"""The model that is refined: an encoder, the centres, and a decoder where reconstruction is kept."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from pipeline.artifacts.base import Float
from pipeline.config import Refine
from pipeline.models.unpooling import autoencode
from pipeline.refining.assignment import soft_assignment


class Refiner(keras.Model):  # type: ignore[misc]  # keras has no types
    """Draws the codes of images towards `centres` (k, d), which move too, as `targets` (n, k) say.

    Takes triples (rows, corrupted, clean): places (b,) among the n images, and images (b, h, w, c); returns the soft
    assignment (b, k) of the corrupted ones and the images decoded from them. The loss is gamma · KL(p‖q) +
    reconstruction · mean squared error against the clean image, per image and per pixel. Without
    `settings.reconstruction` the decoder has no part, and nothing is decoded.
    """

    def __init__(
        self, encoder: keras.Model, decoder: keras.Model, centres: Float, n: int, settings: Refine, **options: Any
    ) -> None:
        super().__init__(**options)
        self.encoder, self.decoder = encoder, decoder if settings.reconstruction else None
        self.settings = settings
        self.centres = self.add_weight(shape=centres.shape, name="centres")
        self.centres.assign(centres)
        self.targets = self.add_weight(shape=(n, len(centres)), trainable=False, name="targets")
        self.divergence = keras.metrics.Mean(name="kl")
        self.error = keras.metrics.Mean(name="reconstruction") if settings.reconstruction else None

    def call(self, inputs: Any, training: bool = False) -> Any:  # noqa: ARG002
        """Encode and assign softly; decode where reconstruction is kept.

        The layers work as at inference, also while they are trained: the targets were made so, and with a batch's own
        statistics the code of an image would depend on its neighbours in the batch.
        """
        _, corrupted, _ = inputs
        if self.decoder is None:
            return (self._assign(self.encoder(corrupted, training=False)),)
        code, decoded = autoencode(self.encoder, self.decoder, corrupted, training=False)
        return self._assign(code), decoded

    def _assign(self, code: Any) -> Any:
        return soft_assignment(ops.reshape(code, (ops.shape(code)[0], -1)), self.centres, self.settings.alpha)

    def compute_loss(self, x: Any, y: Any, y_pred: Any, *_: Any) -> Any:  # noqa: ARG002
        """Return the loss of a batch, and keep its parts as metrics; the names are Keras'."""
        (rows, _, clean), (assigned, *decoded) = x, y_pred
        divergence = ops.mean(keras.losses.kl_divergence(ops.take(self.targets, rows, axis=0), assigned))
        self.divergence.update_state(divergence)
        if self.error is None:
            return self.settings.gamma * divergence
        error = ops.mean(ops.square(decoded[0] - clean))
        self.error.update_state(error)
        return self.settings.gamma * divergence + self.settings.reconstruction * error
