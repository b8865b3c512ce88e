"""Blank images: those in which nothing can be seen."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.artifacts.base import Float, Pixel
from pipeline.artifacts.images import to_unit_range

BLANK = 0.01
"""An image with no more contrast than this is blank."""
BATCH = 4096
"""Images measured at a time, to bound memory."""


def image_contrast(images: Pixel) -> Float:
    """Return the largest standard deviation (n,) float32 of the channels of images (n, h, w, c), with values in [0, 1].

    It is 0 for an image of a single colour, and at most 0.5.
    """
    pixels = to_unit_range(images).reshape(len(images), -1, images.shape[3])
    return np.asarray(pixels.std(axis=1).max(axis=1))


def find_blank_images(images: Pixel) -> NDArray[np.bool_]:
    """Return whether each image (n, h, w, c) is blank: its contrast is at most `BLANK`."""
    starts = range(0, len(images), BATCH)
    parts: list[NDArray[Any]] = [image_contrast(images[start : start + BATCH]) <= BLANK for start in starts]
    return np.concatenate([np.zeros(0, bool), *parts])
