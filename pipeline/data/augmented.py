"""MNIST enlarged by distorted copies, for measuring time and memory on many images."""

from __future__ import annotations

import math
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydantic import Field

from pipeline.data.mnist import read_mnist
from pipeline.data.source import Source
from pipeline.runtime.observer import SILENT, Observer

DEGREES, SHIFT, SCALE, SHEAR = 8.0, 0.06, 0.08, 0.08
"""The largest rotation in degrees, shift as a share of the side, change of scale, and shear."""
BATCH = 10_000
"""Images between two reports of progress."""


def read_augmented_mnist(copies: Annotated[int, Field(ge=0, le=1000)], observer: Observer = SILENT) -> Source:
    """Return MNIST with `copies` distorted copies of each of the 60,000 train images; the test part is unchanged.

    Copy c = 1, 2, … of image i has index 60,000·c + i and the label of image i. It is rotated, shifted, scaled and
    sheared by uniform draws that depend only on c and i. Memory: 784 bytes per image.
    """
    source = read_mnist()
    assert source.train_labels is not None
    n = len(source.train)
    images = np.empty((n * (copies + 1), *source.train.shape[1:]), np.uint8)
    images[:n] = source.train
    for copy in range(1, copies + 1):
        transforms = draw_transforms(n, source.train.shape[1], np.random.default_rng(copy))
        for start in range(0, n, BATCH):
            rows = slice(start, min(start + BATCH, n))
            images[copy * n : (copy + 1) * n][rows] = distort_images(source.train[rows], transforms[rows])
            observer.progress(copy * n + rows.stop, len(images), "images")
    note = f"{copies:,} distorted copies of each of the {n:,} train images" if copies else ""
    labels = np.tile(source.train_labels, copies + 1)
    return Source(images, source.test, labels, source.test_labels, source.names, note=note)


def draw_transforms(n: int, side: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return n affine transforms (n, 6) of square images, as Pillow has them: (a, b, c, d, e, f).

    Each maps an output position (x, y) to the input position (a·x + b·y + c, d·x + e·y + f), in pixels from the upper
    left corner of the image, about its centre.
    """
    turn, scale_x, scale_y, shift_x, shift_y, shear = (
        rng.uniform(-1, 1, (n, 6)).T
        * np.array([DEGREES * math.pi / 180, SCALE, SCALE, SHIFT * side, SHIFT * side, SHEAR])[:, None]
    )
    cos, sin = np.cos(turn), np.sin(turn)
    a, b = cos / (1 + scale_x), (shear * cos - sin) / (1 + scale_x)
    d, e = sin / (1 + scale_y), (cos + shear * sin) / (1 + scale_y)
    centre = side / 2
    return np.stack([a, b, centre * (1 - a - b) + shift_x, d, e, centre * (1 - d - e) + shift_y], axis=1)


def distort_images(images: NDArray[np.uint8], transforms: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Return images (n, h, w) transformed by (n, 6) coefficients, with bilinear interpolation and black outside."""
    distorted = np.empty_like(images)
    size = images.shape[2], images.shape[1]
    for i, (image, coefficients) in enumerate(zip(images, transforms.tolist(), strict=True)):
        moved = Image.fromarray(image).transform(size, Image.Transform.AFFINE, coefficients, Image.Resampling.BILINEAR)
        distorted[i] = np.asarray(moved)
    return distorted
