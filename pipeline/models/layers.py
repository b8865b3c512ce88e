"""Keras models from the layer tables of a configuration, and the summary table of a model's layers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import keras

from pipeline.config.instantiate import instantiate
from pipeline.runtime.errors import UserError

Table = Sequence[Mapping[str, Any]]
Shape = tuple[int, ...]
MAX_CROP = 8
"""The decoder's output may be larger than the images by fewer pixels than this; it is cropped."""

WHOLE_IMAGE = (
    keras.layers.Dense, keras.layers.GlobalAveragePooling2D, keras.layers.GlobalMaxPooling2D,
)  # fmt: skip
"""Layers whose values depend on all of the image."""


def build_encoder(table: Table, image_shape: Shape) -> keras.Model:
    """Stack the layers of `model.encoder` on images (h, w, c); the output is the bottleneck.

    Raises:
        UserError: a layer cannot be built or does not accept the output of the layer before.
    """
    return _stack(table, image_shape, _image_sizes(image_shape), "encoder")


def build_decoder(table: Table, encoder: keras.Model, image_shape: Shape) -> keras.Model:
    """Stack the layers of `model.decoder` on the bottleneck; the output has the shape of the images (h, w, c).

    Strides that do not divide the images' sides give an output that is slightly too large; it is cropped.

    Raises:
        UserError: a layer cannot be built, or the output's shape does not match the images.
    """
    sizes = _image_sizes(image_shape) | _map_sizes(encoder)
    decoder = _stack(table, encoder.output_shape[1:], sizes, "decoder")
    shape = decoder.output_shape[1:]
    if shape == image_shape:
        return decoder
    excess = [side - target for side, target in zip(shape[:2], image_shape[:2], strict=True)] if len(shape) == 3 else []
    if not excess or min(excess) < 0 or max(excess) >= MAX_CROP or shape[2] != image_shape[2]:
        raise UserError(
            f"model.decoder: the output has shape {shape}, but the images have shape {image_shape}; change its layers "
            "or set data.image_size"
        )
    decoder.add(keras.layers.Cropping2D([(extra // 2, extra - extra // 2) for extra in excess]))
    return decoder


def _stack(table: Table, input_shape: Shape, sizes: Mapping[str, int], part: str) -> keras.Model:
    if not table:
        raise UserError(f"model.{part}: has no layers; list at least one")
    model = keras.Sequential([keras.Input(input_shape)], name=part)
    for index, row in enumerate(table):
        key = f"model.{part}[{index}]"
        layer = instantiate(_replace_sizes(row, sizes, key), key)
        shape = model.output_shape[1:] if index else input_shape
        try:
            model.add(layer)
        except ValueError as error:
            raise UserError(
                f"{key}: {row['_target_']} does not accept an input of shape {shape}: {_reason(error)}"
            ) from error
    if any(side is None or side < 1 for side in model.output_shape[1:]):
        raise UserError(
            f"model.{part}: images of shape {input_shape} are too small for these layers; increase data.image_size"
        )
    return model


def _reason(error: ValueError) -> str:
    """Return the line of a Keras error that states the problem, without terminal colours."""
    lines = re.sub(r"\x1b\[\d*m", "", str(error)).splitlines()
    return next((line.strip() for line in lines if line.strip() and "Exception encountered" not in line), str(error))


def _replace_sizes(value: Any, sizes: Mapping[str, int], key: str) -> Any:
    """Replace each string `@name` by the size of that name."""
    if isinstance(value, Mapping):
        return {name: _replace_sizes(item, sizes, key) for name, item in value.items()}
    if isinstance(value, list):
        return [_replace_sizes(item, sizes, key) for item in value]
    if isinstance(value, str) and value.startswith("@"):
        if value[1:] not in sizes:
            raise UserError(f"{key}: {value} is not defined; choose from {', '.join('@' + name for name in sizes)}")
        return sizes[value[1:]]
    return value


def _image_sizes(shape: Shape) -> dict[str, int]:
    height, width, channels = shape
    return {"height": height, "width": width, "channels": channels, "size": height * width * channels}


def _map_sizes(encoder: keras.Model) -> dict[str, int]:
    """Return the sizes of the map that the encoder's first Flatten receives, which a mirrored decoder needs."""
    shapes = [tuple(layer.input.shape[1:]) for layer in encoder.layers if isinstance(layer, keras.layers.Flatten)]
    if not shapes or len(shapes[0]) != 3:
        return {}
    height, width, channels = shapes[0]
    return {"map_height": height, "map_width": width, "map_channels": channels, "map_size": height * width * channels}


def layer_table(encoder: keras.Model, decoder: keras.Model) -> list[dict[str, Any]]:
    """Return a row per layer: part, layer, output shape, parameters, receptive field.

    The receptive field of the encoder's layers is the side, in pixels, of the square of the image on which one output
    value depends: r ← r + (kernel − 1)·jump, jump ← jump·stride, where a dilated kernel is as large as what it covers.
    A dense layer and global pooling depend on the whole image. The decoder has none.
    """
    rows: list[dict[str, Any]] = []
    field, jump, image_side = 1, 1, max(encoder.input_shape[1:3])
    for part, model in (("encoder", encoder), ("decoder", decoder)):
        for layer in model.layers:
            kernel, stride = _kernel_and_stride(layer)
            field, jump = field + (kernel - 1) * jump, jump * stride
            field = image_side if isinstance(layer, WHOLE_IMAGE) else min(field, image_side)
            rows.append(
                {
                    "part": part,
                    "layer": type(layer).__name__,
                    "output": "×".join(str(side) for side in layer.output.shape[1:]),
                    "parameters": layer.count_params(),
                    "receptive_field": field if part == "encoder" else None,
                }
            )
    return rows


def _kernel_and_stride(layer: keras.layers.Layer) -> tuple[int, int]:
    """The larger sides of a layer's kernel, with its dilation, and of its stride."""
    kernel = getattr(layer, "kernel_size", None) or getattr(layer, "pool_size", None) or (1,)
    dilation = getattr(layer, "dilation_rate", None) or (1,)
    stride = getattr(layer, "strides", None) or (1,)
    return (max(kernel) - 1) * max(dilation) + 1, int(max(stride))
