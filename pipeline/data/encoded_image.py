"""One encoded image in one of `FORMATS`: header, and pixels as red, green and blue or as deep grey."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import import_module
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from pipeline.config.base import Depth, Resize
from pipeline.data.arrays import Size, resize_images
from pipeline.data.aspect_ratio import match_aspect_ratio
from pipeline.data.deep_colour import FORMATS as DEEP_FORMATS
from pipeline.data.deep_colour import can_read_deep_colour, read_deep_colour
from pipeline.data.file_signatures import HEAD, is_heic
from pipeline.data.transparency import Transparency, measure_transparency
from pipeline.data.value_range import FULL_RANGE

SUFFIXES = frozenset((
    ".png", ".apng", ".jpg", ".jpeg", ".jpe", ".jfif", ".bmp", ".dib", ".webp", ".gif", ".tif", ".tiff", ".pgm", ".ppm",
    ".pbm", ".pnm", ".avif", ".heic", ".heif", ".jp2", ".j2k",
))  # fmt: skip
FORMATS = ("PNG", "JPEG", "BMP", "WEBP", "GIF", "TIFF", "PPM", "AVIF", "JPEG2000")
"""Formats to decode, whatever the suffix of a file: for others, such as PostScript, Pillow starts other programs."""
ORIENTATION = 0x0112
"""The EXIF tag that says how the camera was held."""
PHOTOMETRIC = 262
"""The TIFF tag that is 0 if 0 is white."""


@dataclass(frozen=True)
class EncodedImage:
    """An image file, or the bytes of one, and its name in messages and tables.

    `page` counts from 0; None is the first, and other pages are said to be left out.
    """

    name: str
    content: Path | bytes
    page: int | None = None

    def open(self) -> Image.Image:
        """Read the header; Pillow decodes the pixels when they are first used.

        Raises:
            ValueError: the image is HEIC, and the package that reads it is not installed.
        """
        if is_heic(self._head()):
            return self._open(_heic_formats())
        return self._open(_installed_formats())

    def _open(self, formats: tuple[str, ...]) -> Image.Image:
        content = self.content if isinstance(self.content, Path) else BytesIO(self.content)
        image = Image.open(content, formats=formats)
        if self.page:
            image.seek(self.page)
        return image

    def _head(self) -> bytes:
        if isinstance(self.content, bytes):
            return self.content[:HEAD]
        with self.content.open("rb") as stream:
            return stream.read(HEAD)


@cache
def _installed_formats() -> tuple[str, ...]:
    """Those of the formats that this version of Pillow has."""
    Image.init()
    return tuple(name for name in FORMATS if name in Image.OPEN)


def _heic_formats() -> tuple[str, ...]:
    """The format of HEIC, which a package registers; some of these files are AVIF."""
    try:
        import_module("pillow_heif").register_heif_opener()
    except ImportError:
        raise ValueError("HEIC needs the package pillow-heif; run: pip install pillow-heif") from None
    return (*_installed_formats(), "HEIF")


@dataclass(frozen=True)
class ImageHeader:
    """The (height, width) of an image after the rotation in its EXIF data, and how its pixels are stored.

    `has_alpha` says that the file can hold transparent pixels, `has_pages` that it has several pages or frames,
    of which only the first is read. `channels` is 1 for grey of more than 8 bits, else 3.
    `is_reduced` says that the file has 16 bits for each of several channels, of which only the upper 8 are read.
    """

    size: Size
    depth: Depth = "8-bit"
    channels: int = 3
    is_reduced: bool = False
    has_alpha: bool = False
    has_pages: bool = False


@dataclass(frozen=True)
class DecodedImage:
    """Pixels of an image: (height, width, 3) uint8, or float32 with the stored values of more than 8 bits.

    Grey of more than 8 bits is (height, width, 1).

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
        channels = 3 if depth == "8-bit" else 1
        is_reduced = depth == "8-bit" and _is_reduced(image)
        has_alpha = depth == "8-bit" and image.has_transparency_data
        if _is_deep_colour(image):
            depth, is_reduced = "16-bit", False
        width, height = image.size
        orientation = 1 if image.format == "TIFF" else _orientation(image)  # Pillow turns TIFF itself
        is_rotated = orientation in (5, 6, 7, 8)
        size = (width, height) if is_rotated else (height, width)
        return ImageHeader(size, depth, channels, is_reduced, has_alpha, encoded.page is None and _has_pages(image))


def count_pages(encoded: EncodedImage) -> int:
    """Return the number of pages or frames of an image; 1 if that cannot be read."""
    try:
        with encoded.open() as image:
            return int(getattr(image, "n_frames", 1)) if _has_pages(image) else 1
    except Exception:  # decoders raise errors of any type on damaged files; the decoding reports them
        return 1


def read_transparency(encoded: EncodedImage) -> Transparency:
    """Return whether an image has transparent pixels, and how light its visible pixels are."""
    with encoded.open() as image:
        return measure_transparency(image)


def decode_image(
    encoded: EncodedImage, size: Size | None = None, background: str = "white", resize: Resize = "stretch"
) -> DecodedImage:
    """Return the pixels of an image, rotated as its EXIF data says, transparent parts on `background`.

    `size` is the (height, width) to resize to, by area-aware bilinear filtering; `resize` says what happens to another
    aspect ratio, see `match_aspect_ratio`. Grey of more than 8 bits keeps its stored values, and so does colour if
    `can_read_deep_colour`.

    Raises:
        ValueError: a value is not finite, or 16-bit colour is stored in an unusual way.
    """
    with encoded.open() as opened:
        if _is_deep_colour(opened):
            return _decode_deep_colour(encoded, opened, size, background, resize)
        depth = _depth(opened)
        is_inverted = _is_inverted(opened)
        if size is not None:
            opened.draft("RGB", (2 * max(size), 2 * max(size)))  # decodes a large JPEG at a fraction of its size
        image = ImageOps.exif_transpose(opened)
        if depth != "8-bit":
            return _decode_deep(image, depth, size, is_inverted, resize)
        if image.has_transparency_data:
            image = image.convert("RGBA")
            image = Image.alpha_composite(Image.new("RGBA", image.size, background), image)
        image = image.convert("RGB")
        return DecodedImage(np.asarray(_resize(image, size, resize)), depth)


def _decode_deep(
    image: Image.Image, depth: Depth, size: Size | None, is_inverted: bool, resize: Resize
) -> DecodedImage:
    """The stored values of a grey image of more than 8 bits."""
    values = np.asarray(image, np.float32)
    if not np.isfinite(values).all():
        raise ValueError("it has values that are not finite")
    values = FULL_RANGE[depth][1] - values if is_inverted else values
    low, high = float(values.min()), float(values.max())
    resized = np.asarray(_resize(Image.fromarray(values), size, resize))
    return DecodedImage(resized[..., None], depth, low, high)


def _decode_deep_colour(
    encoded: EncodedImage, image: Image.Image, size: Size | None, background: str, resize: Resize
) -> DecodedImage:
    """The stored values of an image of 16 bits a channel."""
    pixels = read_deep_colour(encoded.content, str(image.format), encoded.page or 0, _orientation(image), background)
    low, high = float(pixels.min()), float(pixels.max())
    if size is not None:
        pixels = resize_images(match_aspect_ratio(pixels, size, resize)[None], size)[0]
    return DecodedImage(pixels, "16-bit", low, high)


def _resize(image: Image.Image, size: Size | None, resize: Resize) -> Image.Image:
    if size is None or image.size == size[::-1]:
        return image
    if resize != "stretch":
        image = Image.fromarray(match_aspect_ratio(np.asarray(image), size, resize))
    return image.resize(size[::-1], Image.Resampling.BILINEAR)


def _depth(image: Image.Image) -> Depth:
    """The depth by the mode; Pillow also reads 16-bit PGM files, and PNG files in some versions, as 32-bit integers."""
    if image.mode == "F":
        return "float"
    if image.mode.startswith("I;16") or (image.mode == "I" and image.format in ("PNG", "PPM")):
        return "16-bit"
    return "32-bit" if image.mode == "I" else "8-bit"


def _is_deep_colour(image: Image.Image) -> bool:
    """Whether an image has 16 bits a channel that are read; others are reduced to 8."""
    is_readable = image.format in DEEP_FORMATS and image.mode in ("RGB", "RGBA", "LA") and can_read_deep_colour()
    return is_readable and _is_reduced(image)


def _orientation(image: Image.Image) -> int:
    return int(image.getexif().get(ORIENTATION, 1))


def _is_inverted(image: Image.Image) -> bool:
    """Whether 0 is white in a TIFF file of 16-bit grey, which Pillow does not invert, unlike 8-bit grey."""
    return image.format == "TIFF" and _depth(image) == "16-bit" and getattr(image, "tag_v2", {}).get(PHOTOMETRIC) == 0


def _is_reduced(image: Image.Image) -> bool:
    """Whether channels of 16 bits are read as 8 bits, by the layout of the encoded pixels, such as `RGB;16B`."""
    tiles = getattr(image, "tile", None) or []
    layout = tiles[0][3] if tiles else ""
    mode, *others = layout if isinstance(layout, tuple) and layout else (layout,)
    return ";16" in str(mode) or (image.format == "PPM" and any(maximum > 255 for maximum in others[:1]))


def _has_pages(image: Image.Image) -> bool:
    """Whether a file has several pages or frames; the second picture of a camera's JPEG is only a preview."""
    if image.format == "MPO":
        return False
    try:
        return getattr(image, "n_frames", 1) > 1 if image.format == "TIFF" else getattr(image, "is_animated", False)
    except (OSError, ValueError, SyntaxError, EOFError, TypeError):  # a later page is damaged
        return True
