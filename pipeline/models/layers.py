"""From a layer table to a Keras model, and from a Keras model to a table that a person reads."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import keras

from pipeline.build import build
from pipeline.errors import UserError

Table = Sequence[Mapping[str, Any]]
Shape = tuple[int, ...]


def build_encoder(table: Table, image_shape: Shape) -> keras.Model:
    """Stack the layers of `model.encoder` on images (h, w, c); the output is the bottleneck."""
    return _stack(table, image_shape, _image_names(image_shape), "encoder")


def build_decoder(table: Table, encoder: keras.Model, image_shape: Shape) -> keras.Model:
    """Stack the layers of `model.decoder` on the bottleneck; the output must have the images' shape.

    Images whose sides the strides do not divide come back too large by less than a stride; they are cropped.
    """
    names = _image_names(image_shape) | _map_names(encoder)
    decoder = _stack(table, encoder.output_shape[1:], names, "decoder")
    made = decoder.output_shape[1:]
    if made == image_shape:
        return decoder
    excess = [side - wanted for side, wanted in zip(made[:2], image_shape[:2], strict=True)] if len(made) == 3 else [-1]
    if min(excess) < 0 or max(excess) >= 8 or made[2] != image_shape[2]:
        raise UserError(
            f"model.decoder: it makes {made} from images of {image_shape}; change its layers, or set data.image_size"
        )
    decoder.add(keras.layers.Cropping2D([(extra // 2, extra - extra // 2) for extra in excess]))
    return decoder


def _stack(table: Table, input_shape: Shape, names: Mapping[str, int], part: str) -> keras.Model:
    if not table:
        raise UserError(f"model.{part}: has no layers; list at least one")
    model = keras.Sequential([keras.Input(input_shape)], name=part)
    for place, row in enumerate(table):
        where = f"model.{part}[{place}]"
        layer, below = build(_fill_in(row, names, where), where), model.output_shape[1:] if place else input_shape
        try:
            model.add(layer)
        except ValueError as error:
            raise UserError(f"{where}: {row['_target_']} does not fit onto {below}: {_reason(error)}") from error
    if any(side is None or side < 1 for side in model.output_shape[1:]):
        raise UserError(f"model.{part}: nothing is left of images of {input_shape}; set data.image_size larger")
    return model


def _reason(error: ValueError) -> str:
    """The line of a Keras error that says what is wrong, without its terminal colours."""
    lines = re.sub(r"\x1b\[\d*m", "", str(error)).splitlines()
    return next((line.strip() for line in lines if line.strip() and "Exception encountered" not in line), str(error))


def _fill_in(value: Any, names: Mapping[str, int], where: str) -> Any:
    """Replace every string `@name` by its number."""
    if isinstance(value, Mapping):
        return {key: _fill_in(item, names, where) for key, item in value.items()}
    if isinstance(value, list):
        return [_fill_in(item, names, where) for item in value]
    if isinstance(value, str) and value.startswith("@"):
        if value[1:] not in names:
            raise UserError(f"{where}: {value} is unknown here; there are {', '.join('@' + name for name in names)}")
        return names[value[1:]]
    return value


def _image_names(shape: Shape) -> dict[str, int]:
    height, width, channels = shape
    return {"height": height, "width": width, "channels": channels, "size": height * width * channels}


def _map_names(encoder: keras.Model) -> dict[str, int]:
    """Sizes of the tensor that the encoder's first Flatten receives, so that a decoder can mirror it."""
    shapes = [tuple(layer.input.shape[1:]) for layer in encoder.layers if isinstance(layer, keras.layers.Flatten)]
    if not shapes or len(shapes[0]) != 3:
        return {}
    shape = shapes[0]
    height, width, channels = shape
    return {"map_height": height, "map_width": width, "map_channels": channels, "map_size": height * width * channels}


def summarise(encoder: keras.Model, decoder: keras.Model) -> list[dict[str, Any]]:
    """Return a row per layer: part, layer, output shape, parameters, receptive field.

    The receptive field is the side of the square of input pixels that one output value of the encoder sees, by
    r ← r + (kernel − 1)·jump and jump ← jump·stride; a dense layer sees the whole image. The decoder has none.
    """
    rows: list[dict[str, Any]] = []
    field, jump, whole = 1, 1, max(encoder.input_shape[1:3])
    for part, model in (("encoder", encoder), ("decoder", decoder)):
        for layer in model.layers:
            kernel, stride = _window(layer)
            field, jump = field + (kernel - 1) * jump, jump * stride
            field = whole if isinstance(layer, keras.layers.Dense) else min(field, whole)
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


def _window(layer: keras.layers.Layer) -> tuple[int, int]:
    kernel = getattr(layer, "kernel_size", None) or getattr(layer, "pool_size", None) or (1,)
    stride = getattr(layer, "strides", None) or (1,)
    return int(kernel[0]), int(stride[0])
