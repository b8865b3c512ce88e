"""Measurements of each image from which duplicates and faults are recognised."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.artifacts.base import Float
from pipeline.artifacts.images import Images
from pipeline.data.blank_images import image_contrast
from pipeline.data.file_facts import FileFacts
from pipeline.data.image_files import open_image_files
from pipeline.pages.figures.images import to_rgb_images
from pipeline.runtime.observer import Observer
from pipeline.stages.quality.perceptual_hash import perceptual_hashes

BATCH = 256
"""Images measured at a time, to bound memory."""
LUMA = np.array([0.299, 0.587, 0.114], np.float32)
"""Weights of red, green and blue in brightness (ITU-R BT.601)."""


@dataclass(frozen=True)
class Measures:
    """Arrays (n,) float32 of all images, and their hashes (n, b).

    `contrast` is that of `image_contrast`. `darkest` and `brightest` are the 1st and 99th percentile of the brightness
    in [0, 1], so that a few pixels do not count. `sharpness` is that of `measure_sharpness`.
    """

    contrast: Float
    darkest: Float
    brightest: Float
    sharpness: Float
    hashes: NDArray[np.bool_]


def measure_images(images: Images, files: FileFacts | None, side: int, observer: Observer) -> Measures:
    """Return the measurements of the fitted images.

    Images that are files are decoded again, with at most `side` pixels on the longer side, because blur cannot be seen
    at the size of the run; others are measured as they are.
    """
    pixels = images.fitted if files is None else open_image_files(images, "fitted", files.common_size(side))
    parts = []
    for start in range(0, images.n_fitted, BATCH):
        parts.append(_measure(pixels[start : start + BATCH]))
        observer.progress(min(start + BATCH, images.n_fitted), images.n_fitted, "images")
    return Measures(*(np.concatenate(values) for values in zip(*parts, strict=True)))


def _measure(pixels: NDArray[Any]) -> tuple[NDArray[Any], ...]:
    """The fields of `Measures` for some images (m, h, w, c)."""
    grey = to_rgb_images(pixels) @ LUMA
    darkest, brightest = np.percentile(grey.reshape(len(grey), -1), [1, 99], axis=1).astype(np.float32)
    return image_contrast(pixels), darkest, brightest, measure_sharpness(grey), perceptual_hashes(grey)


def measure_sharpness(grey: Float) -> Float:
    """Return the logarithm (n,) of the variance of the Laplacian relative to the variance of grey images (n, h, w).

    The variance of the Laplacian falls with blur: Pech-Pacheco et al., "Diatom autofocusing in brightfield microscopy:
    a comparative study", 2000. Divided by the variance of the image it does not depend on contrast. Limitation: noise
    counts as sharpness, and images of less than 3 pixels are all alike.
    """
    centre = grey[:, 1:-1, 1:-1]
    around = grey[:, :-2, 1:-1] + grey[:, 2:, 1:-1] + grey[:, 1:-1, :-2] + grey[:, 1:-1, 2:]
    if not centre.size:
        return np.zeros(len(grey), np.float32)
    edges = (around - 4 * centre).var(axis=(1, 2))
    return np.asarray(np.log((edges + 1e-6) / (grey.var(axis=(1, 2)) + 1e-4)), np.float32)
