"""Pixels of images that a program sends to a served model, where JSON has only integers and fractions."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.artifacts.base import Pixel
from pipeline.data.arrays import match_channels
from pipeline.data.new_images import Shape
from pipeline.runtime.errors import UserError

JSON_INTEGER = np.dtype(np.int64)
"""The type of an array that was made from integers in JSON."""

MAX_REQUEST_VALUES = 2**26
"""Values of the images in a request: 85,598 images of MNIST, which need a quarter of a GiB as float32."""


def require_request_size(n: int, values: int) -> None:
    """Refuse a request of `n` images, of `values` values each, that has more than `MAX_REQUEST_VALUES`.

    One request must not take the memory of all others. The server has parsed the request by then; a limit on its bytes
    belongs to the proxy before it.

    Raises:
        UserError: the request is too large; the message says how many images it may have.
    """
    if n * values > MAX_REQUEST_VALUES:
        raise UserError(
            f"inputs: {n:,} images of {values:,} values are more than a request may hold, "
            f"{MAX_REQUEST_VALUES // values:,} of them; send several requests, or use stage=assign"
        )


def read_request_pixels(images: NDArray[Any], shape: Shape | None = None, is_8_bit: bool = True) -> Pixel:
    """Return the images of a request as (n, h, w, c), uint8 or float32 in [0, 1].

    They have the shape (n, h, w, c) or (n, c, h, w), or (n, h, w) if they are grey.
    The type of the whole array decides how it is read:

    - uint8: 0 is black and 255 is white.
    - floats and booleans: 0 is black and 1 is white. Values outside [0, 1] are refused, also whole ones such as 255.0.
    - int64, the type of integers in JSON: read as uint8 if all are in 0 … 255 and the largest is above 1, or all are 0.
      An array of integers 0 and 1 may be nearly black (uint8) or black and white (fractions that were written without
      their point, as JavaScript does), and is refused.
    - Other integers have another range, such as 0 … 65,535, and are refused, and so are int64 for a model that was not
      fitted on 8-bit images: dark ones of 12 bits would pass for bright ones of 8.

    JSON with a single number that has a point or an exponent gives an array of floats. `shape` (h, w, c) is that of the
    fitted images, and `is_8_bit` whether these are uint8; None does not check the shape.

    Raises:
        UserError: the range, the type, the rank or the shape is wrong.
    """
    images = np.asarray(images)
    if images.dtype == JSON_INTEGER:
        images = _read_integers(images, is_8_bit)
    elif images.dtype != np.uint8 and images.dtype.kind not in "bf":
        raise UserError(f"inputs: images are {images.dtype}; give uint8 pixels from 0 to 255, or floats in [0, 1]")
    elif images.size and images.dtype.kind == "f" and not (images.min() >= 0 and images.max() <= 1):  # nan is refused
        raise UserError(
            f"inputs: images are {images.dtype} from {images.min():g} to {images.max():g}; floats must be in [0, 1]: "
            "divide by the value of white, or give pixels from 0 to 255 as integers"
        )
    pixels = _match_shape(images, shape)
    return pixels if pixels.dtype == np.uint8 else pixels.astype(np.float32)


def _match_shape(images: NDArray[Any], shape: Shape | None) -> NDArray[Any]:
    expected = "(n, height, width, channels)" if shape is None else f"(n, {', '.join(map(str, shape))})"
    if images.ndim not in (3, 4) or 0 in images.shape[1:]:
        raise UserError(f"inputs: images have shape {images.shape}; give {expected}")
    pixels = images[..., None] if images.ndim == 3 else images
    pixels = pixels if shape is None else match_channels(pixels, shape[2])
    if shape is not None and pixels.shape[1:] != tuple(shape):
        raise UserError(
            f"inputs: images have shape {images.shape}; the model was fitted on {expected}; resize them, "
            "or use stage=assign, which does"
        )
    return pixels


def _read_integers(images: NDArray[Any], is_8_bit: bool) -> NDArray[Any]:
    if not is_8_bit:
        raise UserError(
            "inputs: images are integers, and the model was fitted on images that are not of 8 bits; give floats in "
            "[0, 1], where 1 is white"
        )
    low, high = (int(images.min()), int(images.max())) if images.size else (0, 0)
    if low < 0 or high > 255:
        raise UserError(
            f"inputs: images are integers from {low} to {high}; give integers from 0 to 255, or floats in [0, 1]"
        )
    if high == 1:
        raise UserError(
            "inputs: images are integers from 0 to 1, where 1 may mean white or almost black; give uint8 pixels from 0 "
            "to 255, or floats with a point: 1.0 for white"
        )
    return images.astype(np.uint8)
