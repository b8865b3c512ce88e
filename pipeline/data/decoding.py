"""Decode many encoded images into one array of one size, grey if all images are grey; skip unreadable ones."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
import psutil
from numpy.typing import NDArray
from PIL import Image

from pipeline.data.arrays import Size
from pipeline.data.encoded_image import EncodedImage, decode_image, read_image_size
from pipeline.runtime.errors import ArgumentError, UserError
from pipeline.runtime.observer import SILENT, Observer

LISTED_IN_ERROR = 10
"""An error names this many unreadable images and counts the others."""
LISTED_IN_NOTE = 50
"""A note names this many unreadable images and counts the others."""

T = TypeVar("T")


@dataclass
class SkippedImages:
    """Unreadable images of the `total` in `where`, with the reasons; more than `limit` of them are an error."""

    limit: int
    where: str
    total: int
    reasons: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, error: Exception) -> None:
        """Add an image; the reason is the first line of the error."""
        reason = (str(error).splitlines() or [""])[0]
        reason = "not an image, or damaged" if "cannot identify image file" in reason else reason
        self.reasons[name] = reason or type(error).__name__

    def describe(self, count: int) -> str:
        """Return the names and reasons of the first `count` images, and the number of the others."""
        named = [f"{name} ({reason})" for name, reason in list(self.reasons.items())[:count]]
        others = len(self.reasons) - len(named)
        return ", ".join(named) + (f" and {others:,} more" if others else "")

    def check(self) -> None:
        """Raise a `UserError` if there are too many."""
        if len(self.reasons) > self.limit:
            raise UserError(
                f"data.skip_at_most = {self.limit}: {len(self.reasons):,} of {self.total:,} images in {self.where} "
                f"cannot be read: {self.describe(LISTED_IN_ERROR)}; repair or remove them, or raise data.skip_at_most"
            )


def decode_images(
    encoded: Sequence[EncodedImage],
    where: str,
    size: Size | None = None,
    channels: int | None = None,
    skip_at_most: int = 0,
    observer: Observer = SILENT,
) -> tuple[NDArray[np.uint8], list[int], str]:
    """Return the readable images (n, height, width, channels), their indices in `encoded`, a note on skipped images.

    `size` is the (height, width) to resize to, or None if all images have the same size. `channels` is 1 (grey), 3
    (red, green, blue), or None: 1 if every image is grey, else 3. `where` names the collection in messages.

    Raises:
        UserError: more than `skip_at_most` images are unreadable, none is readable, sizes differ without `size`, or
            the images do not fit in memory.
    """
    skipped = SkippedImages(skip_at_most, where, len(encoded))
    sizes = [_try(read_image_size, item, skipped) for item in encoded]
    skipped.check()
    target = size or _common_size(encoded, sizes, where)
    _require_memory(len(encoded), target)
    indices: list[int] = []
    decoded = np.empty((len(encoded), *target, 3), np.uint8)
    for index, item in enumerate(encoded):
        pixels = None if sizes[index] is None else _try(lambda image: decode_image(image, size), item, skipped)
        if pixels is not None:
            decoded[len(indices)] = pixels
            indices.append(index)
        observer.progress(index + 1, len(encoded), "images")
    skipped.check()
    note = ""
    if skipped.reasons:
        note = f"skipped {len(skipped.reasons):,} of {len(encoded):,} images, which cannot be read: "
        note += skipped.describe(LISTED_IN_NOTE)
        observer.note(note)
    return convert_channels(decoded[: len(indices)], channels), indices, note


def _try(function: Callable[[EncodedImage], T], encoded: EncodedImage, skipped: SkippedImages) -> T | None:
    """The function's result; None if it fails, and the image is added to `skipped`."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)  # a few bytes that expand to gigabytes
            return function(encoded)
    except Exception as error:  # decoders raise errors of any type on damaged files
        skipped.add(encoded.name, error)
        return None


def convert_channels(images: NDArray[np.uint8], channels: int | None) -> NDArray[np.uint8]:
    """Return images (n, h, w, 3) with 3 channels, 1 (luminance), or for None 1 if all images are grey, else 3."""
    is_grey = bool((images[..., 0] == images[..., 1]).all() and (images[..., 1] == images[..., 2]).all())
    if channels == 3 or (channels is None and not is_grey):
        return images
    if is_grey:
        return np.ascontiguousarray(images[..., :1])
    luminance = images @ np.array([0.299, 0.587, 0.114], np.float32)  # the weights of ITU-R 601, as in Pillow and JPEG
    return np.round(luminance).astype(np.uint8)[..., None]


def _common_size(encoded: Sequence[EncodedImage], sizes: Sequence[Size | None], where: str) -> Size:
    counts = Counter(size for size in sizes if size is not None)
    if not counts:
        raise ArgumentError(f"path: {where} holds no readable image")
    if len(counts) == 1:
        return next(iter(counts))
    examples = [
        f"{size[1]}×{size[0]} ({count:,}, such as {encoded[sizes.index(size)].name})"
        for size, count in counts.most_common(5)
    ]
    more = f", and {len(counts) - len(examples):,} more sizes" if len(counts) > len(examples) else ""
    raise UserError(
        f"data.image_size: the images in {where} have different sizes: {', '.join(examples)}{more}; "
        "set data.image_size to resize them, such as data.image_size=64"
    )


def _require_memory(count: int, size: Size) -> None:
    """Raise a `UserError` if memory cannot hold the images as bytes and as the floats that training needs."""
    needed, free = count * size[0] * size[1] * 3 * 5, psutil.virtual_memory().available
    if needed > free:
        raise UserError(
            f"data.image_size: {count:,} images of {size[1]}×{size[0]} need about {needed / 2**30:.0f} GiB and "
            f"{free / 2**30:.0f} GiB are free; set a smaller data.image_size, such as data.image_size=64"
        )
