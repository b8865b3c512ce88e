"""Perceptual hashes: bits of an image that survive scaling, compression and changes of brightness."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.artifacts.base import Float

FREQUENCIES = 12
"""Lowest frequencies in each direction. With eight, many of MNIST's ones have the same bits."""
TOLERANCE = 0.001
"""A frequency is above the median by this share of the largest one: in symmetric images many are 0 but for rounding."""


def perceptual_hashes(grey: Float) -> NDArray[np.bool_]:
    """Return a hash (n, b) of each grey image (n, h, w): whether its low frequencies are above their median.

    The frequencies are the first 12 × 12 of the discrete cosine transform without the constant one, so b is 143, or
    less for images of less than 12 pixels. Source: Zauner, "Implementation and Benchmarking of Perceptual Image Hash
    Functions", 2010, where images are first resized to 32 × 32 and have 64 bits. Limitation: images that are turned,
    mirrored or cut have other hashes, and colour does not count.
    """
    rows, columns = (_cosines(length) for length in grey.shape[1:])
    spectrum = (rows @ grey @ columns.T).reshape(len(grey), -1)[:, 1:]
    rounding = TOLERANCE * np.abs(spectrum).max(axis=1, keepdims=True)
    return np.asarray(spectrum > np.median(spectrum, axis=1, keepdims=True) + rounding)


def hash_distances(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the number of bits (m,) in which hashes (m, b) differ."""
    return np.asarray(np.count_nonzero(first != second, axis=1))


def _cosines(length: int) -> NDArray[Any]:
    """The transform to the lowest frequencies as a matrix (12 or less, length)."""
    from scipy.fft import dct

    return np.asarray(dct(np.eye(length, dtype=np.float32), axis=0, norm="ortho")[:FREQUENCIES])
