"""Arrays of images in the form that every stage expects: rank, dtype, range and size."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.runtime.errors import UserError

Size = tuple[int, int]
"""Height and width in pixels."""


def to_size(side: int | Size | None) -> Size | None:
    """Return the (height, width) of a square with this side; other values are returned as they are."""
    return (side, side) if isinstance(side, int) else side


def as_pixels(array: NDArray[Any], description: str) -> NDArray[Any]:
    """Return images as (n, h, w, c), uint8 unchanged and other numbers in [0, 1] as float32.

    Raises:
        UserError: the rank is not 3 or 4, an axis of the images is empty, or values are not in the range.
    """
    if array.ndim not in (3, 4):
        raise UserError(
            f"data: {description} have shape {array.shape}; give (n, height, width) or (n, height, width, channels)"
        )
    array = array[..., None] if array.ndim == 3 else array
    if 0 in array.shape[1:]:
        raise UserError(
            f"data: {description} have shape {array.shape}, which has no pixels; give images of at least one pixel"
        )
    if array.dtype.kind not in "buif":
        raise UserError(f"data: {description} are {array.dtype}; give uint8, or floats in [0, 1]")
    if array.dtype == np.uint8:
        return array
    if array.size and (not np.isfinite(array).all() or array.min() < 0 or array.max() > 1):
        raise UserError(
            f"data: {description} are {array.dtype} from {array.min()} to {array.max()}; "
            "give uint8, or floats in [0, 1]"
        )
    return array.astype(np.float32)


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
