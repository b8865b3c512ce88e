"""Convolutions of patches that do not overlap, as products of matrices: on a CPU these take two thirds of the time."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


def run_layers(model: keras.Sequential, inputs: Any, training: bool = False) -> Any:
    """Return the output of a model for a batch of inputs; where a layer `takes_patches`, as a product of matrices."""
    inputs = ops.reshape(inputs, (-1, *model.input_shape[1:]))  # images of an input pipeline have no static shape
    for layer in model.layers:
        inputs = _multiply(layer, inputs) if takes_patches(layer) else layer(inputs, training=training)
    return inputs


def takes_patches(layer: keras.layers.Layer) -> bool:
    """Return whether the layer applies one linear map to patches that cover its input without overlap and padding."""
    if type(layer) not in (keras.layers.Conv2D, keras.layers.Conv2DTranspose):
        return False
    is_transposed = isinstance(layer, keras.layers.Conv2DTranspose)
    sides = zip(layer.input.shape[1:3], layer.kernel_size, strict=True)
    return (
        tuple(layer.kernel_size) == tuple(layer.strides)
        and layer.data_format == "channels_last"
        and set(layer.dilation_rate) == {1}
        and layer.activity_regularizer is None
        and (layer.output_padding is None if is_transposed else layer.groups == 1)
        and (is_transposed or all(side % patch == 0 for side, patch in sides))
    )


def _multiply(layer: keras.layers.Layer, inputs: Any) -> Any:
    """The output of a layer that takes patches, (b, h, w, c) as its inputs."""
    kernel = ops.reshape(layer.kernel, (-1, layer.kernel.shape[-1]))
    if isinstance(layer, keras.layers.Conv2DTranspose):
        patches = ops.matmul(ops.reshape(inputs, (-1, kernel.shape[1])), ops.transpose(kernel))
        outputs = _join_patches(patches, layer.kernel_size, layer.output.shape[1:])
    else:
        patches = _cut_patches(inputs, layer.kernel_size, layer.input.shape[1:])
        outputs = ops.reshape(ops.matmul(patches, kernel), (-1, *layer.output.shape[1:]))
    return layer.activation(outputs + layer.bias if layer.use_bias else outputs)


def _cut_patches(images: Any, size: tuple[int, int], shape: tuple[int, int, int]) -> Any:
    """Images (b, h, w, c) of this `shape` as patches (b·h/p·w/q, p·q·c) of `size` (p, q)."""
    (p, q), (height, width, channels) = size, shape
    parts = ops.reshape(images, (-1, height // p, p, width // q, q, channels))
    return ops.reshape(ops.transpose(parts, (0, 1, 3, 2, 4, 5)), (-1, p * q * channels))


def _join_patches(patches: Any, size: tuple[int, int], shape: tuple[int, int, int]) -> Any:
    """Patches (b·h/p·w/q, p·q·c) of `size` (p, q) as images (b, h, w, c) of this `shape`."""
    (p, q), (height, width, channels) = size, shape
    parts = ops.reshape(patches, (-1, height // p, width // q, p, q, channels))
    return ops.reshape(ops.transpose(parts, (0, 1, 3, 2, 4, 5)), (-1, height, width, channels))
