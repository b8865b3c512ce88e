"""The images of a set that are files, decoded again at another size when they are used."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.artifacts.base import Pixel
from pipeline.artifacts.images import Images
from pipeline.config.base import Depth, Resize
from pipeline.data.arrays import Size
from pipeline.data.decoding import convert_channels
from pipeline.data.encoded_image import EncodedImage, decode_image
from pipeline.data.value_range import FULL_RANGE, Range, scale_values, to_ranges
from pipeline.runtime.errors import UserError, first_line
from pipeline.runtime.threads import usable_cores


@dataclass(frozen=True)
class ImageFiles:
    """Image files as a sequence: a slice or an array of rows gives images (m, h, w, c), decoded in parallel.

    They are read as the set was: with `channels` 1 or 3, on its background, by its ranges of values; uint8 if
    `is_8_bit`, else float32 in [0, 1]; `resize` is the rule for another aspect ratio. Without a `size`, `decode`
    returns an image at its own, and nothing else works.
    """

    folder: Path
    names: Sequence[str]
    size: Size | None
    channels: int
    is_8_bit: bool
    ranges: dict[Depth, Range]
    background: str
    resize: Resize = "stretch"

    def __len__(self) -> int:
        return len(self.names)

    def __getitem__(self, rows: Any) -> Pixel:
        names = np.array(self.names, object)[rows]
        assert self.size is not None
        images = np.empty((len(names), *self.size, self.channels), np.uint8 if self.is_8_bit else np.float32)
        with ThreadPoolExecutor(usable_cores()) as pool, warnings.catch_warnings():
            warnings.filterwarnings("ignore", category=UserWarning, module="PIL")  # on metadata
            for row, image in enumerate(pool.map(self.decode, names)):
                images[row] = image
        return images

    def decode(self, name: str) -> Pixel:
        """Return one image (h, w, c).

        Raises:
            UserError: the file is gone or damaged since the set was read.
        """
        try:
            decoded = decode_image(encoded_file(self.folder, name), self.size, self.background, self.resize)
        except Exception as error:  # decoders raise errors of any type on damaged files
            raise UserError(
                f"data.path: {self.folder / name} was read before and cannot be read now: {first_line(error)}; restore "
                "it, or run again without it"
            ) from error
        limits = self.ranges.get(decoded.depth, FULL_RANGE[decoded.depth])
        values: NDArray[Any] = decoded.pixels
        if not self.is_8_bit:
            values = np.array(values, np.float32)
            scale_values(values, limits)
        elif limits[1] == 1:  # masks
            values = values * np.uint8(255)
        image: Pixel = convert_channels(values[None], self.channels)[0]
        return image


def open_image_files(images: Images, part: str, size: Size | None) -> Pixel | ImageFiles:
    """Return a part of a set, a split, `fitted` or `held_out`: its files at `size`, or its images as they are.

    Both have a length and can be indexed by slices and arrays of rows.
    """
    part = {"fitted": images.split, "held_out": "test" if images.split == "train" else "none"}.get(part, part)
    if not images.folder:
        return images.train[:0] if part == "none" else images.part(part)
    names = [] if part == "none" else images.names(part)
    return ImageFiles(
        Path(images.folder), names, size, images.shape[2], images.train.dtype == np.uint8,
        to_ranges(images.value_ranges), images.background or "white",
        images.resize,
    )  # fmt: skip


def encoded_file(folder: Path, name: str) -> EncodedImage:
    """Return the image of a name, `scan.tif` or `scan.tif#2` for its second page."""
    base, _, page = name.rpartition("#")
    if page.isdigit() and not (folder / name).is_file():
        return EncodedImage(name, folder / base, int(page) - 1)
    return EncodedImage(name, folder / name, 0)
