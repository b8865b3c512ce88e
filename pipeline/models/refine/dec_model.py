"""The Keras model that DEC, IDEC and DCEC train: an encoder, cluster centres, and a decoder if it is needed."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from pipeline.artifacts.base import Float
from pipeline.config import Refine
from pipeline.models.refine.soft_assignment import soft_assignment
from pipeline.models.unpooling import autoencode


class DECModel(keras.Model):  # type: ignore[misc]  # keras has no types
    """Moves codes and trainable `centres` (k, d) so that the soft assignment approaches `targets` (n, k).

    Inputs are triples (rows, corrupted, clean): indices (b,) of the n images, and images (b, h, w, c). Outputs are the
    soft assignment (b, k) of the corrupted images and their reconstructions. The loss is gamma · KL(p‖q) +
    reconstruction · mean squared error to the clean image. If `settings.reconstruction` is 0, nothing is decoded and
    the decoder is not trained.
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
        """Return the soft assignment and, if reconstruction has a weight, the decoded images.

        All layers run in inference mode, as for the targets: with the statistics of a batch, an image's code would
        depend on the other images of its batch.
        """
        _, corrupted, _ = inputs
        if self.decoder is None:
            return (self._assign(self.encoder(corrupted, training=False)),)
        code, decoded = autoencode(self.encoder, self.decoder, corrupted, training=False)
        return self._assign(code), decoded

    def _assign(self, code: Any) -> Any:
        return soft_assignment(ops.reshape(code, (ops.shape(code)[0], -1)), self.centres, self.settings.alpha)

    def compute_loss(self, x: Any, y: Any, y_pred: Any, *_: Any) -> Any:  # noqa: ARG002
        """Return the loss of a batch and update the metrics of its terms; called by Keras."""
        (rows, _, clean), (assigned, *decoded) = x, y_pred
        divergence = ops.mean(keras.losses.kl_divergence(ops.take(self.targets, rows, axis=0), assigned))
        self.divergence.update_state(divergence)
        if self.error is None:
            return self.settings.gamma * divergence
        error = ops.mean(ops.square(decoded[0] - clean))
        self.error.update_state(error)
        return self.settings.gamma * divergence + self.settings.reconstruction * error
