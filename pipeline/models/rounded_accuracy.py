"""Rounded accuracy, a published measure of reconstruction; Keras has no metric that rounds its target."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


def rounded_accuracy(target: Any, output: Any) -> Any:
    """Return the share, along the last axis, of the values in [0, 1] that round to the same in target and output.

    0.5 rounds to 0. This is the binary accuracy of the rounded output for the rounded target.
    Source: Géron, "Hands-On Machine Learning with Scikit-Learn, Keras, and TensorFlow", chapter on autoencoders.
    """
    same = ops.equal(ops.round(target), ops.round(output))
    return ops.mean(ops.cast(same, "float32"), axis=-1)


class RoundedAccuracy(keras.metrics.MeanMetricWrapper):  # type: ignore[misc]  # keras has no types
    """The mean of `rounded_accuracy` over an epoch, for `train.metrics`."""

    def __init__(self, name: str = "rounded_accuracy") -> None:
        super().__init__(rounded_accuracy, name=name)
