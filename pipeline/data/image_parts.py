"""Bring the arrays of a data set to the layout and the range that every stage expects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from pipeline.artifacts.base import Pixel
from pipeline.data.array_range import ValueFormat, scale_parts
from pipeline.data.arrays import Layout, check_images, move_channels_last
from pipeline.runtime.errors import UserError
from pipeline.runtime.observer import Observer


@dataclass(frozen=True)
class ImageParts:
    """Train and test images (n, h, w, c), uint8 or float32 in [0, 1], and the format of the values that were read."""

    train: Pixel
    test: Pixel
    value_format: ValueFormat


def read_image_parts(
    train: NDArray[Any],
    test: NDArray[Any] | None,
    layout: Layout,
    value_range: str | Sequence[float] | Mapping[str, Sequence[float]],
    observer: Observer,
) -> ImageParts:
    """Return both parts in one layout, (n, h, w, c), and one range; notes say what was assumed about either.

    Raises:
        UserError: a shape or a dtype is not that of images, the parts differ in size, or the range is not recognised,
            or is one by depth.
    """
    if isinstance(value_range, Mapping):
        raise UserError("data.value_range has ranges by depth, which only image files have; give two values")
    train, test, note = move_channels_last(train, test, layout)
    arrays = [check_images(train, "train images")]
    if test is not None:
        arrays.append(check_images(test, "test images"))
        if arrays[0].shape[1:] != arrays[1].shape[1:]:
            raise UserError(
                f"data: train images are {arrays[0].shape[1:]}, test images {arrays[1].shape[1:]}; they must agree"
            )
    scaled = scale_parts(arrays, value_range)
    for message in [note, *scaled.notes]:
        if message:
            observer.note(message)
    return ImageParts(
        scaled.parts[0], scaled.parts[1] if test is not None else scaled.parts[0][:0], scaled.value_format
    )
