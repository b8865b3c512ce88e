"""Decode many encoded images into one array of one size, grey if all images are grey; skip unreadable ones."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pipeline.config.base import Depth, Resize
from pipeline.data.arrays import Size
from pipeline.data.encoded_image import (
    DecodedImage,
    EncodedImage,
    ImageHeader,
    decode_image,
    read_header,
    read_transparency,
)
from pipeline.data.image_size import choose_size
from pipeline.data.transparency import Background, choose_background
from pipeline.data.value_range import Range, ValueRange, choose_range, describe_range, scale_values
from pipeline.runtime.available_memory import available_memory
from pipeline.runtime.errors import ArgumentError, UserError, explain_file_error
from pipeline.runtime.observer import SILENT, Observer
from pipeline.runtime.threads import usable_cores

LISTED_IN_ERROR = 10
"""An error names this many unreadable images and counts the others."""
LISTED_IN_NOTE = 50
"""A note names this many unreadable images and counts the others."""
IN_MEMORY = 256
"""Images that are decoded ahead of their use."""
DISTORTION = 1.25
"""A note counts the images of which one side is stretched by more than this relative to the other."""

T = TypeVar("T")


class UnreadableImagesError(UserError):
    """More images are unreadable than `limit` permits; `problem` is the message without what would be right."""

    def __init__(self, problem: str, limit: int) -> None:
        self.problem, self.limit = problem, limit
        super().__init__(f"data.skip_at_most = {limit}: {problem}; repair or remove them, or raise data.skip_at_most")


@dataclass
class SkippedImages:
    """Unreadable images of the `total` in `where`, with the reasons; more than `limit` of them are an error."""

    limit: int
    where: str
    total: int
    reasons: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, error: Exception) -> None:
        """Add an image; the reason is the first line of the error."""
        reason = explain_file_error(error)
        self.reasons[name] = "not an image, or damaged" if "cannot identify image file" in reason else reason

    def describe(self, count: int) -> str:
        """Return the names and reasons of the first `count` images, and the number of the others."""
        named = [f"{name} ({reason})" for name, reason in list(self.reasons.items())[:count]]
        others = len(self.reasons) - len(named)
        return ", ".join(named) + (f" and {others:,} more" if others else "")

    def check(self) -> None:
        """Raise an `UnreadableImagesError` if there are too many."""
        if len(self.reasons) > self.limit:
            count = f"{len(self.reasons):,} of {self.total:,} images in {self.where}"
            raise UnreadableImagesError(f"{count} cannot be read: {self.describe(LISTED_IN_ERROR)}", self.limit)


@dataclass(frozen=True)
class DecodedImages:
    """Images (n, height, width, channels), and how they were decoded.

    `pixels` are uint8 if all images have 8 bits, else float32 in [0, 1]. `indices` are the positions of the readable
    images in the input. `note` reports skipped images and the rules that were applied. `value_ranges` has the values
    that were read as black and white, by depth. `background` is the colour behind transparent parts, and empty if
    `auto` met none. `resize` is the rule for other aspect ratios, and `skipped` counts unreadable images.
    """

    pixels: NDArray[np.uint8] | NDArray[np.float32]
    indices: list[int]
    note: str
    value_ranges: dict[Depth, Range]
    background: str
    resize: Resize
    skipped: int

    @property
    def facts(self) -> dict[str, Any]:
        """The fields of a `Source` that say how its images were decoded."""
        names = ("note", "value_ranges", "background", "resize", "skipped")
        return {name: getattr(self, name) for name in names}


def decode_images(
    encoded: Sequence[EncodedImage],
    where: str,
    size: Size | None = None,
    channels: int | None = None,
    skip_at_most: int = 0,
    observer: Observer = SILENT,
    value_range: ValueRange = "auto",
    background: Background = "auto",
    resize: Resize = "stretch",
) -> DecodedImages:
    """Decode the readable images into one array.

    `size` is the (height, width) to resize to; None: what `choose_size` chooses. `channels` is 1 (grey), 3
    (red, green, blue), or None: 1 if every image is grey, else 3. `where` names the collection in messages.
    `value_range` is described at `choose_range`, `background` at `choose_background`, `resize` at `match_aspect_ratio`.

    Raises:
        UnreadableImagesError: more than `skip_at_most` images are unreadable.
        UserError: none is readable, or the images do not fit in memory.
    """
    skipped = SkippedImages(skip_at_most, where, len(encoded))
    headers = list(_map(read_header, encoded, skipped))
    skipped.check()
    target, size_note = _choose_target(size, headers, skipped)
    aspect_note = _describe_aspect_ratios(headers, target, resize)
    depths = {header.depth for header in headers if header is not None}
    dtype = np.dtype(np.uint8 if _keeps_bytes(depths, value_range) else np.float32)
    planes = max(header.channels for header in headers if header is not None)
    _require_memory(len(encoded), target, planes, dtype)
    colour, background_note = _choose_colour(encoded, headers, background, skipped)
    values = np.empty((len(encoded), *target, planes), dtype)
    images: list[tuple[int, DecodedImage]] = []
    rows = [i for i, item in enumerate(encoded) if headers[i] is not None and item.name not in skipped.reasons]
    readable = [encoded[i] for i in rows]
    decoded = _map(lambda item: decode_image(item, target, colour or "white", resize), readable, skipped)
    for finished, (index, image) in enumerate(zip(rows, decoded, strict=True), 1):
        if image is not None:
            values[len(images)] = image.pixels
            images.append((index, replace(image, pixels=image.pixels[:0])))  # only the facts about the image remain
        observer.progress(finished, len(rows), "images")
    skipped.check()
    values = values[: len(images)]
    ranges, notes = _apply_ranges(values, [image for _, image in images], value_range)
    notes = [_describe_skipped(skipped), size_note, aspect_note, *notes, background_note, *_describe_reduced(headers)]
    notes = [note for note in notes if note]
    for note in notes:
        observer.note(note)
    return DecodedImages(
        convert_channels(values, channels), [index for index, _ in images], "; ".join(notes), ranges, colour, resize,
        len(encoded) - len(images),
    )  # fmt: skip


def _choose_colour(
    encoded: Sequence[EncodedImage],
    headers: Sequence[ImageHeader | None],
    background: Background,
    skipped: SkippedImages,
) -> tuple[str, str]:
    """The colour behind the transparent parts of all images, and a note; only files with transparency are decoded."""
    if background != "auto":
        return choose_background([], background)
    pairs = zip(encoded, headers, strict=True)
    transparent = [item for item, header in pairs if header and header.has_alpha]
    measured = list(_map(read_transparency, transparent, skipped))
    return choose_background([image for image in measured if image is not None], background)


def _keeps_bytes(depths: set[Depth], value_range: ValueRange) -> bool:
    """Whether the images stay uint8: all have 8 bits, and 0 to 255 is their range."""
    return depths <= {"8-bit"} and choose_range("8-bit", 0, 255, value_range) == (0, 255)


def _apply_ranges(
    values: NDArray[Any], images: list[DecodedImage], value_range: ValueRange
) -> tuple[dict[Depth, Range], list[str]]:
    """Scale float32 values in place to [0, 1] by one range for each depth; return the ranges and notes on them."""
    ranges: dict[Depth, Range] = {}
    notes = []
    for depth in sorted({image.depth for image in images}):
        members = [image for image in images if image.depth == depth]
        low, high = min(image.low for image in members), max(image.high for image in members)
        ranges[depth] = choose_range(depth, low, high, value_range)
        notes.append(describe_range(depth, len(members), low, high, ranges[depth]))
    if values.dtype == np.uint8 and value_range == "auto" and values.max(initial=0) == 1:  # masks
        values *= 255
        ranges["8-bit"] = (0, 1)
        notes.append("data.value_range: no value is above 1, so 1 is read as white; data.value_range=dtype keeps 255")
    if values.dtype == np.float32:
        for row, image in zip(values, images, strict=True):
            scale_values(row, ranges[image.depth])
    return ranges, notes


def _describe_skipped(skipped: SkippedImages) -> str:
    if not skipped.reasons:
        return ""
    note = f"skipped {len(skipped.reasons):,} of {skipped.total:,} images, which cannot be read: "
    return note + skipped.describe(LISTED_IN_NOTE)


def _describe_reduced(headers: Sequence[ImageHeader | None]) -> list[str]:
    """Notes on images of which a part is not read."""
    readable = [header for header in headers if header is not None]
    colour, pages = sum(header.is_reduced for header in readable), sum(header.has_pages for header in readable)
    notes = []
    if colour:
        notes.append(
            f"only the upper 8 bits of 16-bit colour images ({colour:,}) are read; of PNG and TIFF all bits are read "
            "after: pip install imagecodecs"
        )
    if pages:
        notes.append(
            f"only the first page or frame of files with several ({pages:,}) is read; data=image_folder data.pages=all "
            "reads each"
        )
    return notes


def _map(
    function: Callable[[EncodedImage], T], encoded: Sequence[EncodedImage], skipped: SkippedImages
) -> Iterator[T | None]:
    """Yield the function's results in order, computed in threads; None if it fails, and the image is in `skipped`."""
    with ThreadPoolExecutor(usable_cores()) as pool, warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=UserWarning, module="PIL")  # on metadata
        warnings.simplefilter("error", Image.DecompressionBombWarning)  # a few bytes that expand to gigabytes
        for start in range(0, len(encoded), IN_MEMORY):
            items = encoded[start : start + IN_MEMORY]
            for item, result in zip(items, pool.map(lambda item: _attempt(function, item), items), strict=True):
                if isinstance(result, Exception):
                    skipped.add(item.name, result)
                yield None if isinstance(result, Exception) else result


def _attempt(function: Callable[[EncodedImage], T], item: EncodedImage) -> T | Exception:
    try:
        return function(item)
    except Exception as error:  # decoders raise errors of any type on damaged files
        return error


def convert_channels(images: NDArray[Any], channels: int | None) -> NDArray[Any]:
    """Return images (n, h, w, 1 or 3) with 3 channels, 1 (luminance), or for None 1 if all images are grey, else 3."""
    if images.shape[3] == 1:
        return np.repeat(images, 3, axis=3) if channels == 3 else images
    is_grey = all(_have_equal_channels(images[i : i + IN_MEMORY]) for i in range(0, len(images), IN_MEMORY))
    if channels == 3 or (channels is None and not is_grey):
        return images
    if is_grey:
        return np.ascontiguousarray(images[..., :1])
    luminance = images @ np.array([0.299, 0.587, 0.114], np.float32)  # the weights of ITU-R 601, as in Pillow and JPEG
    if images.dtype == np.uint8:
        luminance = np.round(luminance)
    return luminance.astype(images.dtype)[..., None]


def _have_equal_channels(images: NDArray[Any]) -> bool:
    return bool((images[..., 0] == images[..., 1]).all() and (images[..., 1] == images[..., 2]).all())


def _choose_target(
    size: Size | None, headers: Sequence[ImageHeader | None], skipped: SkippedImages
) -> tuple[Size, str]:
    """The size that all images get, and a note if it was chosen and differs from theirs."""
    sizes = [header.size for header in headers if header is not None]
    if not sizes:
        reasons = f": {skipped.describe(3)}" if skipped.reasons else ""
        raise ArgumentError(f"path: {skipped.where} holds no readable image{reasons}")
    return (size, "") if size is not None else choose_size(sizes)


def _describe_aspect_ratios(headers: Sequence[ImageHeader | None], target: Size, resize: Resize) -> str:
    """A note if images are visibly distorted because their aspect ratio is another one."""
    if resize != "stretch":
        return ""
    sizes = [header.size for header in headers if header is not None]
    stretched = sum(not 1 / DISTORTION < (w * target[0]) / (h * target[1]) < DISTORTION for h, w in sizes)
    if not stretched:
        return ""
    percent = 100 * DISTORTION - 100
    return (
        f"data.resize: {stretched:,} of {len(sizes):,} images are stretched by more than {percent:.0f} % to "
        f"{target[1]}×{target[0]}; a run with data.resize=crop or data.resize=pad keeps their proportions"
    )


def _require_memory(count: int, size: Size, planes: int, dtype: np.dtype[Any]) -> None:
    """Raise a `UserError` if memory cannot hold the images as decoded and as the floats that training needs."""
    needed, free = count * size[0] * size[1] * planes * (dtype.itemsize + 4), available_memory()
    if needed > free:
        raise UserError(
            f"data.image_size: {count:,} images of {size[1]}×{size[0]} need about {needed / 2**30:.0f} GiB and "
            f"{free / 2**30:.0f} GiB are free; set a smaller data.image_size, such as data.image_size=64"
        )
