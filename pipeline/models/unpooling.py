"""From images to reconstructions where the decoder wants to know what the encoder's pooling has seen."""

from __future__ import annotations

from typing import Any

import keras

from pipeline.errors import UserError
from pipeline.models.resizing import MaxUnpool, places_of_maxima


def partners(encoder: keras.Model, decoder: keras.Model) -> dict[str, keras.layers.Layer]:
    """Return the encoder's max pooling layer that belongs to each `MaxUnpool` layer of the decoder, by its name.

    The decoder mirrors the encoder, so its last unpooling belongs to the first pooling, and so on inwards. An
    unpooling with no pooling left stays a bed of nails.

    Raises:
        UserError: there is max unpooling but no max pooling, or two partners differ in channels or window.
    """
    pools = [layer for layer in encoder.layers if isinstance(layer, keras.layers.MaxPooling2D)]
    unpools = [layer for layer in decoder.layers if isinstance(layer, MaxUnpool)]
    if unpools and not pools:
        raise UserError("model.upsampling = max_unpool: the encoder has no max pooling; set model.pooling=max")
    pairs = list(zip(reversed(unpools), pools, strict=False))
    for unpool, pool in pairs:
        ours, theirs = _window(unpool), _window(pool)
        if ours != theirs:
            raise UserError(
                f"model.upsampling = max_unpool: a layer with (channels, window, step) {ours} cannot use the places of "
                f"a pooling with {theirs}; choose another model.upsampling, or change the layers"
            )
    return {unpool.name: pool for unpool, pool in pairs}


def _window(layer: keras.layers.Layer) -> tuple[int, tuple[int, int], tuple[int, int]]:
    channels = int(layer.output.shape[-1])
    if isinstance(layer, MaxUnpool):
        return channels, (layer.size, layer.size), (layer.size, layer.size)
    return channels, tuple(layer.pool_size), tuple(layer.strides)


def autoencode(encoder: keras.Model, decoder: keras.Model, images: Any, training: bool = False) -> tuple[Any, Any]:
    """Return the codes of images (b, h, w, c) and their reconstructions (b, h, w, c).

    Where the decoder unpools, each maximum goes back to where it was; otherwise this is the decoder after the
    encoder.
    """
    pairs = partners(encoder, decoder)
    if not pairs:
        code = encoder(images, training=training)
        return code, decoder(code, training=training)
    places: dict[str, Any] = {}
    code = images
    for layer in encoder.layers:
        if layer in pairs.values():
            places[layer.name] = places_of_maxima(code, layer.pool_size[0], layer.padding)
        code = layer(code)
    image = code
    for layer in decoder.layers:
        image = layer(image, places[pairs[layer.name].name]) if layer.name in pairs else layer(image)
    return code, image
