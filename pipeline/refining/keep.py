"""No refinement."""

from __future__ import annotations

from pipeline.artifacts.images import Images
from pipeline.config import Refine
from pipeline.models.base import Autoencoder
from pipeline.observer import SILENT, Observer


def keep(config: Refine, pretrained: Autoencoder, images: Images, observer: Observer = SILENT) -> Autoencoder:  # noqa: ARG001
    """Return the trained autoencoder itself."""
    return pretrained
