"""An autoencoder with a classifier on its code, and a loss that forgives wrong labels."""

from __future__ import annotations

import math
from typing import Any

import keras
from keras import ops

from pipeline.artifacts.base import Int
from pipeline.models.unpooling import autoencode


class Student(keras.Model):  # type: ignore[misc]  # keras has no types
    """Predicts the `clusters` (n,) of images from their corrupted copies, and reconstructs the clean ones.

    Takes triples (rows, corrupted, clean): places (b,) among the n images, and images (b, h, w, c); returns the
    probabilities (b, k) and the decoded images. The loss is the `forgiving` one of the images that have a cluster
    (not −1), plus reconstruction · mean squared error.
    """

    def __init__(
        self,
        encoder: keras.Model,
        decoder: keras.Model,
        clusters: Int,
        forgiveness: float,
        reconstruction: float,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.encoder, self.decoder = encoder, decoder
        self.forgiveness, self.weight = forgiveness, reconstruction
        self.size = math.prod(encoder.output_shape[1:])
        self.head = keras.layers.Dense(int(clusters.max()) + 1, activation="softmax")
        self.head.build((None, self.size))
        self.clusters = self.add_weight(shape=clusters.shape, dtype="int32", trainable=False, name="clusters")
        self.clusters.assign(clusters)
        self.agreement = keras.metrics.Mean(name="agreement")
        self.error = keras.metrics.Mean(name="reconstruction")

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Encode the corrupted image, classify its code, decode it."""
        _, corrupted, _ = inputs
        code, decoded = autoencode(self.encoder, self.decoder, corrupted, training)
        return self.head(ops.relu(ops.reshape(code, (-1, self.size)))), decoded

    def compute_loss(self, x: Any, y: Any, y_pred: Any, *_: Any) -> Any:  # noqa: ARG002
        """Return the loss of a batch, and keep its parts as metrics; the names are Keras'."""
        (rows, _, clean), (probabilities, decoded) = x, y_pred
        wanted = ops.take(self.clusters, rows, axis=0)
        known = ops.cast(wanted >= 0, probabilities.dtype)
        loss = forgiving(probabilities, ops.maximum(wanted, 0), self.forgiveness)
        error = ops.mean(ops.square(decoded - clean))
        right = ops.cast(ops.cast(ops.argmax(probabilities, axis=1), wanted.dtype) == wanted, probabilities.dtype)
        self.agreement.update_state(right)
        self.error.update_state(error)
        return ops.sum(loss * known) / ops.maximum(ops.sum(known), 1.0) + self.weight * error


def forgiving(probabilities: Any, wanted: Any, q: float) -> Any:
    """Return (1 − p^q)/q for each row, p the probability of the wanted class: from 0, right, to 1/q.

    q → 0 is the cross-entropy, which insists on every label; q = 1 is the absolute error, which forgives most. An
    image whose label contradicts what the others teach has a small p and hardly any gradient. Source: Zhang, Sabuncu,
    "Generalized Cross Entropy Loss for Training Deep Neural Networks with Noisy Labels", 2018.
    """
    one_hot = ops.one_hot(wanted, ops.shape(probabilities)[1], dtype=probabilities.dtype)
    chosen = ops.sum(probabilities * one_hot, axis=1)
    return (1.0 - ops.power(ops.maximum(chosen, 1e-6), q)) / q
