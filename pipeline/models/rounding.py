"""How many pixels come back on the right side of one half."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


def rounded_accuracy(target: Any, output: Any) -> Any:
    """Return the share (…) of the last axis on which target and output, both in [0, 1], round to the same.

    One half rounds to zero, so this is the binary accuracy of the rounded target against the rounded output.
    Source: Géron, "Hands-On Machine Learning with Scikit-Learn, Keras, and TensorFlow", chapter on autoencoders.
    """
    same = ops.equal(ops.round(target), ops.round(output))
    return ops.mean(ops.cast(same, "float32"), axis=-1)


class RoundedAccuracy(keras.metrics.MeanMetricWrapper):  # type: ignore[misc]  # keras has no types
    """The mean of `rounded_accuracy` over an epoch; for `train.metrics`."""

    def __init__(self, name: str = "rounded_accuracy") -> None:
        super().__init__(rounded_accuracy, name=name)
