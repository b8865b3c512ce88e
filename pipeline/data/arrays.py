"""Arrays of images in the form that every stage expects: rank, dtype, range and size."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from pipeline.runtime.errors import UserError

Size = tuple[int, int]
"""Height and width in pixels."""
Layout = Literal["auto", "channels_last", "channels_first"]
"""Where an array of images (n, …) has its channels; `auto` recognises it by the shape."""
MAX_CHANNELS = 4
"""Grey, grey with opacity, colour, colour with opacity; `auto` takes a longer axis for rows or columns."""


def to_size(side: int | Size | None) -> Size | None:
    """Return the (height, width) of a square with this side; other values are returned as they are."""
    return (side, side) if isinstance(side, int) else side


def is_channels_first(shape: tuple[int, ...]) -> bool:
    """Return whether the shape of an array of images is (n, channels, height, width).

    It is if the second axis has at most `MAX_CHANNELS` entries and at most half as many as the two axes after it, and
    the last axis has more than `MAX_CHANNELS`.
    """
    if len(shape) != 4:
        return False
    _, channels, height, width = shape
    return 1 <= channels <= MAX_CHANNELS < width and 2 * channels <= min(height, width)


def move_channels_last(
    train: NDArray[Any], test: NDArray[Any] | None, layout: Layout = "auto"
) -> tuple[NDArray[Any], NDArray[Any] | None, str]:
    """Return both parts as (n, h, w, c), and a note on the layout that `auto` assumed, empty if it is beyond doubt.

    The shape of the train part decides for both. Arrays of another rank than 4 are returned as they are.
    """
    if train.ndim != 4:
        return train, test, ""
    if layout == "channels_first" or (layout == "auto" and is_channels_first(train.shape)):
        n, channels, height, width = train.shape
        moved = [
            part if part is None or part.ndim != 4 else np.ascontiguousarray(np.moveaxis(part, 1, -1))
            for part in (train, test)
        ]
        note = (
            f"data.layout: images of shape {train.shape} are read as channels first: {n:,} images of {height}×{width} "
            f"with {channels} {'channel' if channels == 1 else 'channels'}; if not, set data.layout=channels_last"
        )
        assert moved[0] is not None
        return moved[0], moved[1], note if layout == "auto" else ""
    note = ""
    if layout == "auto" and train.shape[3] > MAX_CHANNELS:
        note = (
            f"data.layout: images of shape {train.shape} are read as {train.shape[1]}×{train.shape[2]} with "
            f"{train.shape[3]} channels; data.layout=channels_first reads the second axis as channels"
        )
    return train, test, note


def match_channels(images: NDArray[Any], channels: int) -> NDArray[Any]:
    """Return images (n, h, w, c) of a known number of channels, which may be given as (n, c, h, w).

    The channels are the last axis if it has that many entries, else the second axis if that has.
    """
    if images.ndim == 4 and images.shape[3] != channels == images.shape[1]:
        images, _, _ = move_channels_last(images, None, "channels_first")
    return images


def check_images(
    array: NDArray[Any],
    description: str,
    key: str = "data",
    flat_hint: str = "set data.image_shape=[HEIGHT,WIDTH] for flat images",
) -> NDArray[Any]:
    """Return images as (n, h, w, c), a channel axis added if there is none.

    Messages begin with the configuration `key`; `flat_hint` says what would be right for arrays of rank 2.

    Raises:
        UserError: the rank is not 3 or 4, an axis of the images is empty, or values are not numbers.
    """
    if array.ndim not in (3, 4):
        hint = "" if array.ndim != 2 else f"; {flat_hint}"
        raise UserError(
            f"{key}: {description} have shape {array.shape}; give (n, height, width) or (n, height, width, channels)"
            f"{hint}"
        )
    array = array[..., None] if array.ndim == 3 else array
    if 0 in array.shape[1:]:
        raise UserError(
            f"{key}: {description} have shape {array.shape}, which has no pixels; give images of at least one pixel"
        )
    if array.dtype.kind not in "buif":
        raise UserError(f"{key}: {description} are {array.dtype}; give uint8, or floats in [0, 1]")
    return array


def are_identical(parts: Sequence[NDArray[Any]]) -> bool:
    """Return whether all images (n, …) of all parts are the same; the search ends at the first that differs."""
    first = next((part[0] for part in parts if len(part)), None)
    return not any((image != first).any() for part in parts for image in part)


def resize_images(images: NDArray[Any], size: Size | None) -> NDArray[Any]:
    """Return images (n, h, w, c) resized to (height, width) by area-aware bilinear filtering; None keeps the size."""
    if size is None or images.shape[1:3] == size:
        return images
    from PIL import Image

    resized = np.empty((len(images), *size, images.shape[3]), images.dtype)
    for i, image in enumerate(images):
        for channel in range(images.shape[3]):
            plane = Image.fromarray(np.ascontiguousarray(image[..., channel]))
            resized[i, ..., channel] = np.asarray(plane.resize(size[::-1], Image.Resampling.BILINEAR))
    return resized
