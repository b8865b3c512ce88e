"""How images of another aspect ratio get the common size: stretched, cropped, or padded."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.config.base import Resize
from pipeline.data.arrays import Size


def match_aspect_ratio(pixels: NDArray[Any], size: Size, resize: Resize) -> NDArray[Any]:
    """Return an image (h, w) or (h, w, c) with the aspect ratio of `size` (height, width), rounded to whole pixels.

    `crop` keeps the centre. `pad` adds pixels on both sides, whose colour is the median of the image's border.
    `stretch` returns the image as it is.
    """
    height, width = pixels.shape[:2]
    is_too_wide = width * size[0] > height * size[1]
    if resize == "stretch" or width * size[0] == height * size[1]:
        return pixels
    axis = 1 if is_too_wide == (resize == "crop") else 0
    other_side = height if axis == 1 else width
    side = max(round(other_side * size[axis] / size[1 - axis]), 1)
    return _crop(pixels, side, axis) if resize == "crop" else _pad(pixels, side, axis)


def _crop(pixels: NDArray[Any], side: int, axis: int) -> NDArray[Any]:
    start = (pixels.shape[axis] - side) // 2
    return pixels[:, start : start + side] if axis == 1 else pixels[start : start + side]


def _pad(pixels: NDArray[Any], side: int, axis: int) -> NDArray[Any]:
    missing = side - pixels.shape[axis]
    if missing <= 0:
        return pixels
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    shape = (side, pixels.shape[1]) if axis == 0 else (pixels.shape[0], side)
    padded = np.empty((*shape, *pixels.shape[2:]), pixels.dtype)
    padded[...] = np.median(border, axis=0).astype(pixels.dtype)
    start = missing // 2
    if axis == 0:
        padded[start : start + pixels.shape[0]] = pixels
    else:
        padded[:, start : start + pixels.shape[1]] = pixels
    return padded
