"""Read the size, the channels and the layout of a network's input off its shape, and check the scaling of pixels."""

from __future__ import annotations

from typing import Any

from pipeline.config import Model
from pipeline.data.arrays import Size
from pipeline.runtime.errors import UserError


def read_input_shape(shape: Any, settings: Model) -> tuple[Size, int, bool]:
    """Return size and channels of a network's input, (n, h, w, c) or (n, c, h, w), and whether channels come first.

    Raises:
        UserError: the input is not an image, or has another size than `settings.image_size`; or it has no fixed size
            and none is set.
    """
    sides = list(shape) if isinstance(shape, tuple | list) else []
    if len(sides) != 4 or any(isinstance(side, tuple | list) for side in sides):
        raise UserError(
            f"model.encoder: {settings.encoder} takes inputs of shape {shape}; a network of images takes "
            "(n, height, width, channels) or (n, channels, height, width)"
        )
    is_first = _is_channels_first(sides, settings)
    channels = sides[1] if is_first else sides[3]
    fixed = sides[2:] if is_first else sides[1:3]
    if channels not in (1, 3):
        raise UserError(
            f"model.encoder: {settings.encoder} takes images with {channels} channels; a network of grey or colour "
            "images has 1 or 3"
        )
    wanted = settings.input_size
    if not all(isinstance(side, int) for side in fixed):
        if wanted is None:
            raise UserError(
                f"model.image_size: {settings.encoder} takes images of any size; set one, such as model.image_size=224"
            )
        return wanted, channels, is_first
    size: Size = (fixed[0], fixed[1])
    if wanted not in (None, size):
        raise UserError(
            f"model.image_size = {settings.image_size}: {settings.encoder} takes images of {size[0]}×{size[1]}; remove "
            "the key"
        )
    return size, channels, is_first


def _is_channels_first(sides: list[Any], settings: Model) -> bool:
    if settings.layout != "auto":
        return settings.layout == "channels_first"
    return sides[3] not in (1, 3) and sides[1] in (1, 3)


def check_scaling(mean: list[float], std: list[float], channels: int) -> None:
    """Raise a `UserError` unless there is a mean and a positive deviation for each channel."""
    for key, values in (("mean", mean), ("std", std)):
        if len(values) != channels:
            raise UserError(f"model.{key} = {values}: the network takes {channels} channels; give as many numbers")
    if min(std) <= 0:
        raise UserError(f"model.std = {std}: give positive numbers")
