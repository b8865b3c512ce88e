"""Images as small files: PNG as they are, or smaller and lossy where there are too many bytes of them."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence
from io import BytesIO

import numpy as np
from numpy.typing import NDArray

from pipeline.artifacts.base import Pixel
from pipeline.figures.pictures import displayable

Picture = NDArray[np.uint8]

SMALLEST = 12
"""Pixels of the longer side below which nothing is shrunk: less shows nothing."""

BATCH = 1024


def pictures(images: Pixel) -> Iterator[Picture]:
    """Yield the images (n, h, w, c) one by one as 8-bit grey (h, w) or RGB (h, w, 3).

    Opacity is laid on white; a number of channels that is no colour is averaged to grey.
    """
    grey = images.shape[3] not in (3, 4)
    for start in range(0, len(images), BATCH):
        part = np.asarray(images[start : start + BATCH])
        if part.dtype == np.uint8 and part.shape[3] in (1, 3):
            yield from (part[..., 0] if grey else part)
        else:
            shown = np.round(displayable(part) * 255).astype(np.uint8)
            yield from (shown[..., 0] if grey else shown)


def png(picture: Picture) -> bytes:
    """Return a grey (h, w) or RGB (h, w, 3) picture as a PNG file.

    Written here and not by Pillow, whose overhead a file is seven times what compressing 28×28 pixels takes:
    with 60,000 of them that is the difference between 3 and 18 seconds.
    """
    height, width = picture.shape[:2]
    lines = np.zeros((height, 1 + picture[0].size), np.uint8)  # each line starts with its filter: 0, none
    lines[:, 1:] = picture.reshape(height, -1)
    header = struct.pack(">IIBBBBB", width, height, 8, 2 if picture.ndim == 3 else 0, 0, 0, 0)
    parts = (b"IHDR", header), (b"IDAT", zlib.compress(lines.tobytes(), 9)), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in parts)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def webp(picture: Picture, side: int) -> bytes:
    """Return a picture as a lossy WebP file whose longer side is at most `side` pixels."""
    from PIL import Image

    image, buffer = Image.fromarray(picture), BytesIO()
    image.thumbnail((side, side), Image.Resampling.LANCZOS, reducing_gap=None)
    image.save(buffer, "WEBP", quality=75, method=2)
    return buffer.getvalue()


def pngs(images: Pixel) -> list[bytes]:
    """Return all images (n, h, w, c) as PNG files."""
    return [png(picture) for picture in pictures(images)]


def fitting(images: Pixel, room: int, sample: int = 256) -> tuple[Sequence[bytes], str, str]:
    """Return the images as files of `room` bytes in all, their media type, and a note where they lost something.

    PNG as they are if that fits. If not, WebP of at most 256, 192, … pixels a side: the largest of which a sample
    says that all will fit. Nothing is made smaller than 12 pixels, even if then it does not fit.
    """
    n, longest = len(images), max(images.shape[1:3])
    some = list(pictures(images[:: max(n // sample, 1)]))
    if sum(len(png(picture)) for picture in some) / len(some) * n <= room:
        found = pngs(images)
        if sum(map(len, found)) <= room:
            return found, "image/png", ""
    side = min(longest, 256)
    while side > SMALLEST and sum(len(webp(p, side)) for p in some) / len(some) * n > 0.95 * room:
        side = max(round(side * 0.75), SMALLEST)
    kept = "lossy" if side >= longest else f"lossy and {side} pixels a side"
    note = f"to keep the explorer small its images are {kept}; they are {longest} pixels a side themselves"
    return [webp(picture, side) for picture in pictures(images)], "image/webp", note
