"""Images as 8-bit thumbnails and as PNG files."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pipeline.artifacts.base import Pixel
from pipeline.pages.figures.images import to_rgb_images

BATCH = 1024
"""Images converted at a time, to bound memory."""


def to_8bit(images: Pixel) -> NDArray[np.uint8]:
    """Return images (n, h, w, c) as 8-bit grey (n, h, w) or RGB (n, h, w, 3).

    Four channels are RGB and opacity, which is blended with white; channels that are no colour are averaged to grey.
    """
    array: NDArray[np.uint8] = np.asarray(images)
    if array.dtype != np.uint8 or array.shape[3] not in (1, 3):
        array = np.round(to_rgb_images(array) * 255).astype(np.uint8)
    return array if images.shape[3] in (3, 4) else array[..., 0]


def resize(pictures: NDArray[np.uint8], shape: tuple[int, int]) -> NDArray[np.uint8]:
    """Return pictures (n, h, w) or (n, h, w, 3) resized to `shape` (height, width) with a Lanczos filter."""
    height, width = shape
    if pictures.shape[1:3] == shape:
        return pictures
    resized = [Image.fromarray(p).resize((width, height), Image.Resampling.LANCZOS) for p in pictures]
    return np.stack([np.asarray(image) for image in resized])


def encode_pngs(images: Pixel) -> list[bytes]:
    """Return each image (n, h, w, c) as a PNG file."""
    return [png for batch in encode_png_batches(images) for png in batch]


def encode_png_batches(images: Pixel) -> Iterator[list[bytes]]:
    """Yield the PNG files of images (n, h, w, c), those of up to `BATCH` images at a time."""
    for start in range(0, len(images), BATCH):
        yield [encode_png(picture) for picture in to_8bit(images[start : start + BATCH])]


def encode_png(picture: NDArray[np.uint8]) -> bytes:
    """Return a picture (h, w) or (h, w, 3) as a PNG file."""
    buffer = BytesIO()
    Image.fromarray(picture).save(buffer, "PNG")
    return buffer.getvalue()
