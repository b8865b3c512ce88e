"""What a model has to calculate, and how fast this machine calculates."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from typing import Any


def flops(model: Any) -> float:
    """Return the multiplications and additions of one image's way through convolutions and dense layers."""
    return 2.0 * sum(products(layer) for layer in leaves(model))


def leaves(model: Any) -> Iterator[Any]:
    """Yield the layers of a Keras model and of the models within it."""
    for layer in model.layers:
        yield from leaves(layer) if hasattr(layer, "layers") else (layer,)


def products(layer: Any) -> int:
    """Return the products that one image takes: each weight counts once a place that its kernel is laid on."""
    import keras

    if isinstance(layer, keras.layers.Dense):
        return math.prod(layer.kernel.shape)
    if isinstance(layer, keras.layers.Conv2DTranspose):
        return math.prod(layer.kernel.shape) * math.prod(layer.input.shape[1:3])
    if isinstance(layer, keras.layers.Conv2D):
        return math.prod(layer.kernel.shape) * math.prod(layer.output.shape[1:3])
    return 0


def matmul_rate(size: int = 2048, times: int = 5) -> float:
    """Return the best rate of a compiled float32 matrix product, in operations a second."""
    import tensorflow as tf

    one = tf.random.normal((size, size), seed=0)
    multiply = tf.function(lambda: tf.reduce_sum(one @ one), jit_compile=False)
    multiply()
    seconds = []
    for _ in range(times):
        started = time.perf_counter()
        multiply().numpy()
        seconds.append(time.perf_counter() - started)
    return 2 * size**3 / min(seconds)
