"""Facts about the files of an image set that its pixels do not show: sizes, and which files have the same bytes."""

from __future__ import annotations

import warnings
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.artifacts.base import Int
from pipeline.artifacts.images import Images
from pipeline.data.arrays import Size
from pipeline.data.copies import number_repeated
from pipeline.data.encoded_image import EncodedImage, read_header
from pipeline.data.image_files import encoded_file
from pipeline.runtime.errors import first_line
from pipeline.runtime.file_digest import file_digest
from pipeline.runtime.observer import SILENT, Observer
from pipeline.runtime.threads import usable_cores

BATCH = 500
"""Files between two reports of progress."""


@dataclass(frozen=True)
class FileFacts:
    """Facts about the files of the n fitted images.

    `sizes` (n, 2) are the height and width of the original images, `lengths` (n,) the bytes of the files. `copies` (n,)
    int32 numbers the images whose files have the same bytes, −1 for all others.
    """

    sizes: NDArray[np.int64]
    lengths: NDArray[np.int64]
    copies: Int

    @property
    def pixels(self) -> NDArray[np.int64]:
        """Number of pixels of each original image (n,)."""
        return np.asarray(self.sizes.prod(axis=1))

    def common_size(self, side: int) -> Size:
        """Return the (height, width) of the median image, shrunk to at most `side` pixels on the longer side."""
        height, width = np.median(self.sizes, axis=0)
        scale = min(1.0, side / max(height, width))
        return max(round(height * scale), 1), max(round(width * scale), 1)


def read_file_facts(images: Images, observer: Observer = SILENT) -> FileFacts | None:
    """Return the facts about the files of the fitted images; None if the images were not read from files of their own.

    If a file is gone or damaged since the set was read, a note says so, and the result is None, too.
    """
    if not images.folder or not images.has_images:
        return None
    folder, names = Path(images.folder), images.names(images.split)
    encoded = [encoded_file(folder, name) for name in names]
    sizes, lengths = np.empty((len(names), 2), np.int64), np.empty(len(names), np.int64)
    try:
        with ThreadPoolExecutor(usable_cores()) as pool, warnings.catch_warnings():
            warnings.filterwarnings("ignore", category=UserWarning, module="PIL")  # on metadata
            for row, (size, length) in enumerate(pool.map(_size_and_length, encoded)):
                sizes[row], lengths[row] = size, length
                if row % BATCH == BATCH - 1 or row == len(names) - 1:
                    observer.progress(row + 1, len(names), "files")
            copies = _number_copies(encoded, lengths, pool)
    except Exception as error:  # decoders raise errors of any type on damaged files
        observer.note(
            f"a file of {folder} cannot be read any more ({first_line(error)}), so images are checked as the run read "
            "them, without the sizes and bytes of their files"
        )
        return None
    return FileFacts(sizes, lengths, copies)


def _size_and_length(encoded: EncodedImage) -> tuple[Size, int]:
    return read_header(encoded).size, Path(str(encoded.content)).stat().st_size


def _number_copies(encoded: list[EncodedImage], lengths: NDArray[np.int64], pool: ThreadPoolExecutor) -> Int:
    """Number the images whose files have the same bytes; only files of the same length are read."""
    keys = list(zip(lengths.tolist(), [item.page for item in encoded], strict=True))  # pages of a file share its bytes
    counts = Counter(keys)
    candidates = [row for row, key in enumerate(keys) if counts[key] > 1]
    digests = pool.map(file_digest, [Path(str(encoded[row].content)) for row in candidates])
    numbers = number_repeated([(digest, keys[row]) for row, digest in zip(candidates, digests, strict=True)])
    copies = np.full(len(keys), -1, np.int32)
    copies[candidates] = numbers
    return copies
