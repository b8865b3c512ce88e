"""The refinement `none`."""

from __future__ import annotations

from pipeline.artifacts.images import Images
from pipeline.config import Refine
from pipeline.models.autoencoder import Autoencoder
from pipeline.runtime.observer import SILENT, Observer


def no_refinement(config: Refine, pretrained: Autoencoder, images: Images, observer: Observer = SILENT) -> Autoencoder:  # noqa: ARG001
    """Return the trained autoencoder unchanged."""
    return pretrained
