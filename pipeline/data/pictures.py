"""From picture files (PNG, JPEG, BMP, WebP, GIF) to one array: decoded, brought to one size, grey where all are."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from numpy.typing import NDArray
from PIL import Image, ImageOps

from pipeline.data.arrays import Size
from pipeline.errors import ArgumentError, UserError
from pipeline.observer import SILENT, Observer

SUFFIXES = frozenset((".png", ".jpg", ".jpeg", ".bmp", ".webp", ".gif"))
FORMATS = ("PNG", "JPEG", "BMP", "WEBP", "GIF")
"""What is decoded, whatever a file is called: Pillow knows formats that start other programs, such as PostScript."""
NAMED = 10
"""Files that an error names before it only counts."""
LISTED = 50
"""Files that a note names before it only counts."""


@dataclass(frozen=True)
class Picture:
    """One encoded picture: a file, or the bytes of one, and the name that a person knows it by."""

    name: str
    content: Path | bytes

    def open(self) -> Image.Image:
        """Read the header; pixels are decoded when they are asked for."""
        content = self.content if isinstance(self.content, Path) else BytesIO(self.content)
        return Image.open(content, formats=FORMATS)


def as_size(side: int | Size | None) -> Size | None:
    """Return (height, width) of a square given by its side, or what is given."""
    return (side, side) if isinstance(side, int) else side


def decode(picture: Picture, size: Size | None = None) -> NDArray[np.uint8]:
    """Return a picture as (height, width, 3), turned as its camera says, transparency laid on white.

    `size` is the (height, width) to resize to, by area-aware bilinear filtering. Of an animation the first frame
    counts; 16-bit grey is brought to 8 bits.
    """
    with picture.open() as opened:
        if size is not None:
            opened.draft("RGB", (2 * max(size), 2 * max(size)))  # decodes a large JPEG at a fraction of its size
        image = ImageOps.exif_transpose(_eight_bits(opened))
        if image.has_transparency_data:
            image = image.convert("RGBA")
            image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
        image = image.convert("RGB")
        if size is not None and image.size != size[::-1]:
            image = image.resize(size[::-1], Image.Resampling.BILINEAR)
        return np.asarray(image)


def _eight_bits(image: Image.Image) -> Image.Image:
    """The image itself, or a wide grey one (16 or 32 bits) with its range brought to 8 bits."""
    if not image.mode.startswith(("I", "F")):
        return image
    values = np.asarray(image, np.float64)
    top = 255.0 if values.max(initial=0) <= 255 else 65535.0
    return Image.fromarray(np.clip(values * 255 / top, 0, 255).astype(np.uint8))


def measure(picture: Picture) -> Size:
    """Return a picture's (height, width) from its header, as it will stand after its camera's turn."""
    with picture.open() as opened:
        width, height = opened.size
        turned = opened.getexif().get(0x0112, 1) in (5, 6, 7, 8)
    return (width, height) if turned else (height, width)


@dataclass
class Skipped:
    """Pictures that cannot be read, with reasons; more than `at_most` stop the reading."""

    at_most: int
    where: str
    total: int
    reasons: dict[str, str]

    def add(self, name: str, error: Exception) -> None:
        """Remember one; the reason is the error's first line, without the name that stands beside it anyway."""
        reason = (str(error).splitlines() or [""])[0]
        reason = "not a picture, or damaged" if "cannot identify image file" in reason else reason
        self.reasons[name] = reason or type(error).__name__

    def listing(self, most: int) -> str:
        """Name at most that many of them, each with its reason, and count the rest."""
        named = [f"{name} ({reason})" for name, reason in list(self.reasons.items())[:most]]
        more = len(self.reasons) - len(named)
        return ", ".join(named) + (f" and {more:,} more" if more else "")

    def check(self) -> None:
        """Raise a `UserError` if there are too many."""
        if len(self.reasons) > self.at_most:
            raise UserError(
                f"data.skip_at_most = {self.at_most}: {len(self.reasons):,} of {self.total:,} pictures in {self.where} "
                f"cannot be read: {self.listing(NAMED)}; mend or remove them, or raise data.skip_at_most"
            )


def attempt(work: Callable[[Picture], Any], picture: Picture, skipped: Skipped) -> Any:
    """Return `work(picture)`, or None after noting why it failed.

    Decoders raise nearly anything on a damaged file; whatever it is, the file is what must be named.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)  # few bytes that become gigabytes
            return work(picture)
    except Exception as error:
        skipped.add(picture.name, error)
        return None


def read_pictures(
    pictures: Sequence[Picture],
    where: str,
    size: Size | None = None,
    channels: int | None = None,
    skip_at_most: int = 0,
    observer: Observer = SILENT,
) -> tuple[NDArray[np.uint8], list[int], str]:
    """Return the pictures as (n, height, width, channels), their places in `pictures`, and a note on skipped ones.

    `size` is (height, width), None where all pictures have the same. `channels` is 1 (grey), 3 (red, green, blue),
    or None: 1 if every picture is grey. Unreadable ones are left out; `where` names the collection in errors.

    Raises:
        UserError: more than `skip_at_most` are unreadable, none is readable, sizes differ, or memory would not do.
    """
    skipped = Skipped(skip_at_most, where, len(pictures), {})
    sizes = [attempt(measure, picture, skipped) for picture in pictures]
    skipped.check()
    target = size or _one_size(pictures, sizes, where)
    _fits_memory(len(pictures), target)
    places: list[int] = []
    decoded = np.empty((len(pictures), *target, 3), np.uint8)
    for place, picture in enumerate(pictures):
        pixels = None if sizes[place] is None else attempt(lambda one: decode(one, size), picture, skipped)
        if pixels is not None:
            decoded[len(places)] = pixels
            places.append(place)
        observer.progress(place + 1, len(pictures), "pictures")
    skipped.check()
    note = ""
    if skipped.reasons:
        note = f"{len(skipped.reasons):,} of {len(pictures):,} pictures could not be read: {skipped.listing(LISTED)}"
        observer.note(note)
    return with_channels(decoded[: len(places)], channels), places, note


def with_channels(images: NDArray[np.uint8], channels: int | None) -> NDArray[np.uint8]:
    """Return images (n, h, w, 3) with that many channels: 3, 1 (grey by luminance), or None: 1 if all are grey."""
    grey = bool((images[..., 0] == images[..., 1]).all() and (images[..., 1] == images[..., 2]).all())
    if channels == 3 or (channels is None and not grey):
        return images
    if grey:
        return np.ascontiguousarray(images[..., :1])
    luminance = images @ np.array([0.299, 0.587, 0.114], np.float32)  # as Pillow and JPEG have it (ITU-R 601)
    return np.round(luminance).astype(np.uint8)[..., None]


def _one_size(pictures: Sequence[Picture], sizes: Sequence[Size | None], where: str) -> Size:
    known = [size for size in sizes if size is not None]
    if not known:
        raise ArgumentError(f"path: {where} holds no readable picture")
    counts = Counter(known)
    if len(counts) == 1:
        return known[0]
    told = [
        f"{size[1]}×{size[0]} ({count:,}, such as {pictures[sizes.index(size)].name})"
        for size, count in counts.most_common(5)
    ]
    more = f", and {len(counts) - len(told):,} more sizes" if len(counts) > len(told) else ""
    raise UserError(
        f"data.image_size: the pictures in {where} are of different sizes: {', '.join(told)}{more}; "
        "set data.image_size, such as data.image_size=64, to bring all of them to one"
    )


def _fits_memory(count: int, size: Size) -> None:
    """Refuse what could not even be held as floats, which training does."""
    needed, free = count * size[0] * size[1] * 3 * 5, psutil.virtual_memory().available
    if needed > free:
        raise UserError(
            f"data.image_size: {count:,} pictures of {size[1]}×{size[0]} need about {needed / 2**30:.0f} GiB and "
            f"{free / 2**30:.0f} GiB are free; set data.image_size smaller, such as data.image_size=64"
        )
