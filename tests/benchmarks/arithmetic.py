"""Arithmetic operations of a Keras model, and the rate at which this machine multiplies matrices."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from typing import Any


def count_flops(model: Any) -> float:
    """Return the floating-point operations of one image's forward pass through convolutions and dense layers."""
    return 2.0 * sum(count_products(layer) for layer in leaf_layers(model))


def leaf_layers(model: Any) -> Iterator[Any]:
    """Yield the layers of a Keras model and of the models inside it."""
    for layer in model.layers:
        yield from leaf_layers(layer) if hasattr(layer, "layers") else (layer,)


def count_products(layer: Any) -> int:
    """Return the multiplications of one image: each weight counts once per position of its kernel."""
    import keras

    if isinstance(layer, keras.layers.Dense):
        return math.prod(layer.kernel.shape)
    if isinstance(layer, keras.layers.Conv2DTranspose):
        return math.prod(layer.kernel.shape) * math.prod(layer.input.shape[1:3])
    if isinstance(layer, keras.layers.Conv2D):
        return math.prod(layer.kernel.shape) * math.prod(layer.output.shape[1:3])
    return 0


def matmul_rate(size: int = 2048, times: int = 5) -> float:
    """Return the best rate of a compiled float32 matrix product, in operations per second."""
    import tensorflow as tf

    matrix = tf.random.normal((size, size), seed=0)
    multiply = tf.function(lambda: tf.reduce_sum(matrix @ matrix), jit_compile=False)
    multiply()
    seconds = []
    for _ in range(times):
        started = time.perf_counter()
        multiply().numpy()
        seconds.append(time.perf_counter() - started)
    return 2 * size**3 / min(seconds)
