"""Encode the images into latents."""

from __future__ import annotations

from typing import Any

from pipeline.artifacts.base import Float
from pipeline.artifacts.images import Images
from pipeline.artifacts.latents import Latents
from pipeline.config import Extract
from pipeline.models.autoencoder import Autoencoder, encode_in_batches
from pipeline.runtime.observer import SILENT, Observer


def extract(config: Extract, autoencoder: Autoencoder, images: Images, observer: Observer = SILENT) -> Latents:
    """Return the latents of every fitted and every held-out image: the flattened bottleneck, (n, d) float32."""
    fitted, held_out = autoencoder.inputs(images)
    total = len(fitted) + len(held_out)

    def encode(images: Any, finished: int) -> Float:
        return encode_in_batches(
            autoencoder, images, config.batch_size, lambda count: observer.progress(finished + count, total, "images")
        )

    return Latents(encode(fitted, 0), encode(held_out, len(fitted)), list(autoencoder.bottleneck))
