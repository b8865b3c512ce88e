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
    assignment (b, k) of the corrupted ones. While it is trained it adds gamma · KL(p‖q) + reconstruction · mean squared
    error against the clean image, per image and per pixel. Without `settings.reconstruction` the decoder has no part.
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

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Encode and assign softly; decode where reconstruction is kept.

        The layers work as at inference, also while they are trained: the targets were made so, and with a batch's own
        statistics the code of an image would depend on its neighbours in the batch.
        """
        rows, corrupted, clean = inputs
        if self.decoder is None:
            code, decoded = self.encoder(corrupted, training=False), None
        else:
            code, decoded = autoencode(self.encoder, self.decoder, corrupted, training=False)
        assigned = soft_assignment(ops.reshape(code, (ops.shape(code)[0], -1)), self.centres, self.settings.alpha)
        if training:
            wanted = ops.take(self.targets, rows, axis=0)
            divergence = ops.mean(keras.losses.kl_divergence(wanted, assigned))
            self._count(self.divergence, self.settings.gamma, divergence)
            if self.error is not None:
                self._count(self.error, self.settings.reconstruction, ops.mean(ops.square(decoded - clean)))
        return assigned

    def _count(self, metric: keras.metrics.Mean, weight: float, value: Any) -> None:
        metric.update_state(value)
        self.add_loss(weight * value)
