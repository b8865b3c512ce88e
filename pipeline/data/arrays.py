"""Arrays of images as every stage wants them: rank, type, range and size."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import UserError

Size = tuple[int, int]


def as_pixels(array: NDArray[Any], where: str) -> NDArray[Any]:
    """Return images as (n, h, w, c), uint8 as they are and floats as float32; refuse other ranges and ranks."""
    if array.ndim not in (3, 4):
        raise UserError(
            f"data: {where} have shape {array.shape}; give (n, height, width) or (n, height, width, channels)"
        )
    array = array[..., None] if array.ndim == 3 else array
    if 0 in array.shape[1:]:
        raise UserError(f"data: {where} have shape {array.shape}: images without a pixel; give some height and width")
    if array.dtype.kind not in "buif":
        raise UserError(f"data: {where} are {array.dtype}; give uint8, or floats in [0, 1]")
    if array.dtype == np.uint8:
        return array
    if array.size and (not np.isfinite(array).all() or array.min() < 0 or array.max() > 1):
        raise UserError(
            f"data: {where} are {array.dtype} from {array.min()} to {array.max()}; give uint8, or floats in [0, 1]"
        )
    return array.astype(np.float32)


def resize(images: NDArray[Any], size: Size | None) -> NDArray[Any]:
    """Return images (n, h, w, c) resized to (height, width) by area-aware bilinear filtering; None leaves them."""
    if size is None or images.shape[1:3] == size:
        return images
    from PIL import Image

    scaled = np.empty((len(images), *size, images.shape[3]), images.dtype)
    for i, image in enumerate(images):
        for channel in range(images.shape[3]):
            plane = Image.fromarray(np.ascontiguousarray(image[..., channel]))
            scaled[i, ..., channel] = np.asarray(plane.resize(size[::-1], Image.Resampling.BILINEAR))
    return scaled
