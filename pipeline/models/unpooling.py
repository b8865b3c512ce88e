"""Encoding and decoding in one pass, so that max unpooling gets the positions of the encoder's maxima."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from pipeline.models.patch_convolutions import run_layers
from pipeline.models.resizing import MaxUnpool, max_pool_positions
from pipeline.runtime.errors import UserError


def match_unpooling(encoder: keras.Model, decoder: keras.Model) -> dict[str, keras.layers.Layer]:
    """Return the encoder's matching max pooling layer for the name of each `MaxUnpool` layer of the decoder.

    The decoder mirrors the encoder, so its last unpooling matches the first pooling, and so on inwards. An unpooling
    without a matching pooling works as a bed of nails.

    Raises:
        UserError: the encoder has no max pooling, or a pair differs in channels, window or stride.
    """
    pools = [layer for layer in encoder.layers if isinstance(layer, keras.layers.MaxPooling2D)]
    unpools = [layer for layer in decoder.layers if isinstance(layer, MaxUnpool)]
    if unpools and not pools:
        raise UserError("model.upsampling = max_unpool: the encoder has no max pooling; set model.pooling=max")
    pairs = list(zip(reversed(unpools), pools, strict=False))
    for unpool, pool in pairs:
        unpool_window, pool_window = _window(unpool), _window(pool)
        if unpool_window != pool_window:
            raise UserError(
                f"model.upsampling = max_unpool: the decoder's unpooling has (channels, window, stride) "
                f"{unpool_window}, but the matching pooling has {pool_window}; choose another model.upsampling or "
                "change the layers"
            )
    return {unpool.name: pool for unpool, pool in pairs}


def _window(layer: keras.layers.Layer) -> tuple[int, tuple[int, int], tuple[int, int]]:
    """Return the channels, window and stride of a pooling or unpooling layer."""
    channels = int(layer.output.shape[-1])
    if isinstance(layer, MaxUnpool):
        return channels, (layer.size, layer.size), (layer.size, layer.size)
    return channels, tuple(layer.pool_size), tuple(layer.strides)


def autoencode(encoder: keras.Model, decoder: keras.Model, images: Any, training: bool = False) -> tuple[Any, Any]:
    """Return the codes of images (b, h, w, c) and their reconstructions (b, h, w, c).

    This is the decoder after the encoder; max unpooling additionally gets the positions of the encoder's maxima.
    """
    pairs = match_unpooling(encoder, decoder)
    if not pairs:
        code = run_layers(encoder, images, training)
        return code, run_layers(decoder, code, training)
    positions: dict[str, Any] = {}
    code = ops.reshape(images, (-1, *encoder.input_shape[1:]))  # images of an input pipeline have no static shape
    for layer in encoder.layers:
        if layer in pairs.values():
            positions[layer.name] = max_pool_positions(code, layer.pool_size[0], layer.padding)
        code = layer(code, training=training)
    image = code
    for layer in decoder.layers:
        if layer.name in pairs:
            image = layer(image, positions[pairs[layer.name].name])
        else:
            image = layer(image, training=training)
    return code, image
