"""The Keras model that self-training trains: an autoencoder with a classifier on its code."""

from __future__ import annotations

import math
from typing import Any

import keras
from keras import ops

from pipeline.artifacts.base import Int
from pipeline.models.unpooling import autoencode


class PseudoLabelModel(keras.Model):  # type: ignore[misc]  # keras has no types
    """Predicts the cluster labels (n,) of images from corrupted copies and reconstructs the clean images.

    Inputs are triples (rows, corrupted, clean): indices (b,) of the n images, and images (b, h, w, c). Outputs are the
    probabilities (b, k) and the decoded images. The loss is the generalised cross-entropy of the images that are not
    noise (label −1) plus `reconstruction` times the mean squared error.
    """

    def __init__(
        self,
        encoder: keras.Model,
        decoder: keras.Model,
        clusters: Int,
        gce_q: float,
        reconstruction: float,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.encoder, self.decoder = encoder, decoder
        self.gce_q, self.reconstruction_weight = gce_q, reconstruction
        self.size = math.prod(encoder.output_shape[1:])
        self.head = keras.layers.Dense(int(clusters.max()) + 1, activation="softmax")
        self.head.build((None, self.size))
        self.clusters = self.add_weight(shape=clusters.shape, dtype="int32", trainable=False, name="clusters")
        self.clusters.assign(clusters)
        self.agreement = keras.metrics.Mean(name="agreement")
        self.error = keras.metrics.Mean(name="reconstruction")

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Encode the corrupted images, classify their codes and decode them."""
        _, corrupted, _ = inputs
        code, decoded = autoencode(self.encoder, self.decoder, corrupted, training)
        return self.head(ops.relu(ops.reshape(code, (-1, self.size)))), decoded

    def compute_loss(self, x: Any, y: Any, y_pred: Any, *_: Any) -> Any:  # noqa: ARG002
        """Return the loss of a batch and update the metrics of its terms; called by Keras."""
        (rows, _, clean), (probabilities, decoded) = x, y_pred
        labels = ops.take(self.clusters, rows, axis=0)
        has_label = ops.cast(labels >= 0, probabilities.dtype)
        loss = generalized_cross_entropy(probabilities, ops.maximum(labels, 0), self.gce_q)
        error = ops.mean(ops.square(decoded - clean))
        correct = ops.cast(ops.cast(ops.argmax(probabilities, axis=1), labels.dtype) == labels, probabilities.dtype)
        self.agreement.update_state(correct)
        self.error.update_state(error)
        classification = ops.sum(loss * has_label) / ops.maximum(ops.sum(has_label), 1.0)
        return classification + self.reconstruction_weight * error


def generalized_cross_entropy(probabilities: Any, labels: Any, q: float) -> Any:
    """Return (1 − p^q)/q in [0, 1/q] for each row of probabilities (b, k), with p the probability of its label (b,).

    q → 0 gives the cross-entropy, q = 1 the absolute error. The larger q, the smaller the gradient of an image whose
    label the model finds unlikely, so wrong labels matter less. Source: Zhang, Sabuncu, "Generalized Cross Entropy Loss
    for Training Deep Neural Networks with Noisy Labels", 2018.
    """
    one_hot = ops.one_hot(labels, ops.shape(probabilities)[1], dtype=probabilities.dtype)
    label_probabilities = ops.sum(probabilities * one_hot, axis=1)
    return (1.0 - ops.power(ops.maximum(label_probabilities, 1e-6), q)) / q
