"""Encode the images into latents."""

from __future__ import annotations

from pipeline.artifacts.images import Images
from pipeline.artifacts.latents import Latents
from pipeline.config import Extract
from pipeline.models.autoencoder import Autoencoder
from pipeline.runtime.observer import SILENT, Observer


def extract(config: Extract, autoencoder: Autoencoder, images: Images, observer: Observer = SILENT) -> Latents:
    """Return the latents of every fitted and every held-out image: the flattened bottleneck, (n, d) float32."""
    inputs = autoencoder.inputs(images)
    fitted = autoencoder.encode(inputs[0], config.batch_size)
    observer.progress(len(fitted), len(fitted) + len(inputs[1]), "images")
    held_out = autoencoder.encode(inputs[1], config.batch_size)
    return Latents(fitted, held_out, list(autoencoder.bottleneck))
