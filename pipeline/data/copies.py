"""Exact copies among images: equal pixels, or equal vectors where there are no images."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.artifacts.base import Int
from pipeline.artifacts.images import Images


def copy_groups(images: Images) -> Int:
    """Return the group (n,) int32 of each fitted image that has exact copies, −1 for all others.

    Images are copies if their pixels are equal, or their vectors where there are no images. Groups are numbered by
    their first image. Limitation: images that were resized are compared as they are after that.
    """
    return number_repeated(content_digests(images.fitted if images.has_images else images.fitted_vectors))


def content_digests(items: Iterable[NDArray[Any]]) -> Iterator[bytes]:
    """Yield a digest of the bytes of each item; equal items have equal digests in every process."""
    for item in items:
        yield hashlib.blake2b(np.ascontiguousarray(item).data, digest_size=16).digest()


def number_repeated(keys: Iterable[Hashable]) -> Int:
    """Return a number (n,) int32 for each key that occurs more than once, in order of occurrence, and −1 for others."""
    listed = list(keys)
    counts = Counter(listed)
    numbers: dict[Hashable, int] = {}
    return np.array([-1 if counts[key] == 1 else numbers.setdefault(key, len(numbers)) for key in listed], np.int32)
