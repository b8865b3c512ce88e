"""Colour of 16 bits a channel, which Pillow reduces to 8, in PNG and TIFF files; needs the package imagecodecs."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import ImageColor

FORMATS = ("PNG", "TIFF")
WHITE = 65_535.0


@cache
def can_read_deep_colour() -> bool:
    """Return whether the package that reads 16-bit colour is installed."""
    return find_spec("imagecodecs") is not None


def read_deep_colour(
    content: bytes | Path, image_format: str, page: int, orientation: int, background: str
) -> NDArray[np.float32]:
    """Return the stored values of a 16-bit image (h, w, 3), grey ones with three equal channels.

    `orientation` is the EXIF value, 1 to 8, by which the image is rotated. Transparent parts get the colour
    `background`, black as 0 and white as 65,535.

    Raises:
        ValueError: the image is not 16-bit grey or colour.
    """
    import imagecodecs

    raw = content.read_bytes() if isinstance(content, Path) else content
    values = imagecodecs.png_decode(raw) if image_format == "PNG" else imagecodecs.tiff_decode(raw, index=page)
    if values.ndim == 3 and values.shape[0] in (3, 4) and values.shape[2] > 4:
        values = np.moveaxis(values, 0, 2)  # a TIFF file with a plane for each channel
    if values.ndim != 3 or values.dtype != np.uint16 or not 2 <= values.shape[2] <= 4:
        raise ValueError(f"16-bit colour of shape {values.shape} and type {values.dtype} is not read")
    pixels = values.astype(np.float32)
    if values.shape[2] in (2, 4):  # the last channel is the opacity
        opacity = pixels[..., -1:] / WHITE
        colour = np.array(ImageColor.getrgb(background)[: pixels.shape[2] - 1], np.float32) / 255 * WHITE
        pixels = pixels[..., :-1] * opacity + colour * (1 - opacity)
    return _orient(np.broadcast_to(pixels, (*pixels.shape[:2], 3)), orientation)


def _orient(pixels: NDArray[np.float32], orientation: int) -> NDArray[np.float32]:
    """The image as its EXIF orientation says it is seen (EXIF 2.3, table 6)."""
    if orientation >= 5:
        pixels = pixels.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return pixels[:, ::-1] if orientation in (2, 3, 6, 7) else pixels
