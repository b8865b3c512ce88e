"""One encoded image (PNG, JPEG, BMP, WebP or GIF): header, and pixels as red, green and blue or as deep grey."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from pipeline.data.arrays import Size
from pipeline.data.transparency import Transparency, measure_transparency
from pipeline.data.value_range import Depth

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


@dataclass(frozen=True)
class ImageHeader:
    """The (height, width) of an image after the rotation in its EXIF data, and how its pixels are stored.

    `has_alpha` says that the file can hold transparent pixels.
    `is_reduced` says that the file has 16 bits for each of several channels, of which Pillow reads the upper 8.
    """

    size: Size
    depth: Depth = "8-bit"
    is_reduced: bool = False
    has_alpha: bool = False


@dataclass(frozen=True)
class DecodedImage:
    """Pixels of an image: (height, width, 3) uint8, or (height, width, 1) float32 with the stored values of deep grey.

    `low` and `high` are the smallest and largest stored values before resizing; 0 and 255 for 8 bits.
    """

    pixels: NDArray[np.uint8] | NDArray[np.float32]
    depth: Depth
    low: float = 0.0
    high: float = 255.0


def read_header(encoded: EncodedImage) -> ImageHeader:
    """Return the size, the depth and other properties of an image without decoding its pixels."""
    with encoded.open() as image:
        depth = _depth(image)
        is_reduced = depth == "8-bit" and ";16" in _raw_mode(image)
        has_alpha = depth == "8-bit" and image.has_transparency_data
        width, height = image.size
        is_rotated = image.getexif().get(ORIENTATION, 1) in (5, 6, 7, 8)
        size = (width, height) if is_rotated else (height, width)
        return ImageHeader(size, depth, is_reduced, has_alpha)


def read_transparency(encoded: EncodedImage) -> Transparency:
    """Return whether an image has transparent pixels, and how light its visible pixels are."""
    with encoded.open() as image:
        return measure_transparency(image)


def decode_image(encoded: EncodedImage, size: Size | None = None, background: str = "white") -> DecodedImage:
    """Return the pixels of an image, rotated as its EXIF data says, transparent parts on `background`.

    `size` is the (height, width) to resize to, by area-aware bilinear filtering. The first frame of an animation is
    decoded. Grey of more than 8 bits keeps its stored values.

    Raises:
        ValueError: a value is not finite.
    """
    with encoded.open() as opened:
        depth = _depth(opened)
        if size is not None:
            opened.draft("RGB", (2 * max(size), 2 * max(size)))  # decodes a large JPEG at a fraction of its size
        image = ImageOps.exif_transpose(opened)
        if depth != "8-bit":
            return _decode_deep(image, depth, size)
        if image.has_transparency_data:
            image = image.convert("RGBA")
            image = Image.alpha_composite(Image.new("RGBA", image.size, background), image)
        image = image.convert("RGB")
        return DecodedImage(np.asarray(_resize(image, size)), depth)


def _decode_deep(image: Image.Image, depth: Depth, size: Size | None) -> DecodedImage:
    """The stored values of a grey image of more than 8 bits."""
    values = np.asarray(image, np.float32)
    if not np.isfinite(values).all():
        raise ValueError("it has values that are not finite")
    low, high = float(values.min()), float(values.max())
    resized = np.asarray(_resize(Image.fromarray(values), size))
    return DecodedImage(resized[..., None], depth, low, high)


def _resize(image: Image.Image, size: Size | None) -> Image.Image:
    if size is None or image.size == size[::-1]:
        return image
    return image.resize(size[::-1], Image.Resampling.BILINEAR)


def _depth(image: Image.Image) -> Depth:
    """The depth by the mode; Pillow also reads 16-bit PGM files, and PNG files in some versions, as 32-bit integers."""
    if image.mode == "F":
        return "float"
    if image.mode.startswith("I;16") or (image.mode == "I" and image.format in ("PNG", "PPM")):
        return "16-bit"
    return "32-bit" if image.mode == "I" else "8-bit"


def _raw_mode(image: Image.Image) -> str:
    """Pillow's name for the layout of the encoded pixels, such as `RGB;16B`; empty if the format has none."""
    tiles = getattr(image, "tile", None) or []
    arguments = tiles[0][3] if tiles else ""
    return str(arguments[0] if isinstance(arguments, tuple) and arguments else arguments)
