"""Encode the images into latents."""

from __future__ import annotations

from pipeline.artifacts.images import Images
from pipeline.artifacts.latents import Latents
from pipeline.config import Extract
from pipeline.models.base import Autoencoder
from pipeline.observer import SILENT, Observer


def extract(config: Extract, autoencoder: Autoencoder, images: Images, observer: Observer = SILENT) -> Latents:
    """Return the flattened bottleneck of every fitted and held-out image."""
    fitted = autoencoder.encode(images.fitted, config.batch_size)
    observer.progress(len(fitted), len(fitted) + len(images.held_out), "images")
    held = autoencoder.encode(images.held_out, config.batch_size)
    return Latents(fitted, held, list(autoencoder.bottleneck))
