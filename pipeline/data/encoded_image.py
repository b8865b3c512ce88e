"""One encoded image (PNG, JPEG, BMP, WebP or GIF): its size, and its pixels in red, green and blue."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from pipeline.data.arrays import Size

SUFFIXES = frozenset((".png", ".jpg", ".jpeg", ".bmp", ".webp", ".gif"))
FORMATS = ("PNG", "JPEG", "BMP", "WEBP", "GIF")
"""Formats to decode, whatever the suffix of a file: for others, such as PostScript, Pillow starts other programs."""
ORIENTATION = 0x0112
"""The EXIF tag that says how the camera was held."""


@dataclass(frozen=True)
class EncodedImage:
    """An image file, or the bytes of one, and its name in messages and tables."""

    name: str
    content: Path | bytes

    def open(self) -> Image.Image:
        """Read the header; Pillow decodes the pixels when they are first used."""
        content = self.content if isinstance(self.content, Path) else BytesIO(self.content)
        return Image.open(content, formats=FORMATS)


def read_image_size(encoded: EncodedImage) -> Size:
    """Return the (height, width) of an image from its header, after the rotation in its EXIF data."""
    with encoded.open() as image:
        width, height = image.size
        is_rotated = image.getexif().get(ORIENTATION, 1) in (5, 6, 7, 8)
    return (width, height) if is_rotated else (height, width)


def decode_image(encoded: EncodedImage, size: Size | None = None) -> NDArray[np.uint8]:
    """Return an image as (height, width, 3) uint8, rotated as its EXIF data says, transparent parts on white.

    `size` is the (height, width) to resize to, by area-aware bilinear filtering. The first frame of an animation is
    decoded. 16-bit grey is scaled to 8 bits.
    """
    with encoded.open() as opened:
        if size is not None:
            opened.draft("RGB", (2 * max(size), 2 * max(size)))  # decodes a large JPEG at a fraction of its size
        image = ImageOps.exif_transpose(_to_eight_bits(opened))
        if image.has_transparency_data:
            image = image.convert("RGBA")
            image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
        image = image.convert("RGB")
        if size is not None and image.size != size[::-1]:
            image = image.resize(size[::-1], Image.Resampling.BILINEAR)
        return np.asarray(image)


def _to_eight_bits(image: Image.Image) -> Image.Image:
    """The image, or for a grey one of 16 or 32 bits its values scaled to 8 bits."""
    if not image.mode.startswith(("I", "F")):
        return image
    values = np.asarray(image, np.float64)
    white = 255.0 if values.max(initial=0) <= 255 else 65535.0
    return Image.fromarray(np.clip(values * 255 / white, 0, 255).astype(np.uint8))
