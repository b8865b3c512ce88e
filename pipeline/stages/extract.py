"""Encode the images into latents."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from pipeline.artifacts.base import Float
from pipeline.artifacts.images import Images
from pipeline.artifacts.latents import Latents
from pipeline.config import Extract
from pipeline.models.autoencoder import Autoencoder
from pipeline.runtime.observer import SILENT, Observer


def extract(config: Extract, autoencoder: Autoencoder, images: Images, observer: Observer = SILENT) -> Latents:
    """Return the latents of every fitted and every held-out image: the flattened bottleneck, (n, d) float32."""
    fitted, held_out = autoencoder.inputs(images)
    total = len(fitted) + len(held_out)

    def encode(images: Any, finished: int) -> Float:
        return _encode(
            autoencoder, images, config.batch_size, lambda count: observer.progress(finished + count, total, "images")
        )

    return Latents(encode(fitted, 0), encode(held_out, len(fitted)), list(autoencoder.bottleneck))


def _encode(autoencoder: Autoencoder, images: Any, batch_size: int, progress: Callable[[int], None]) -> Float:
    """The latents of images, which are read and encoded batch by batch; `progress` gets the number encoded so far."""
    latents = np.empty((len(images), math.prod(autoencoder.bottleneck)), np.float32)
    for start in range(0, len(images), batch_size):
        latents[start : start + batch_size] = autoencoder.encode(images[start : start + batch_size], batch_size)
        progress(min(start + batch_size, len(images)))
    return latents
