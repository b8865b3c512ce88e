"""Train the encoder on, so that its codes gather in clusters."""

from __future__ import annotations

from pipeline.artifacts.images import Images
from pipeline.build import find
from pipeline.config import Refine, SelfTraining
from pipeline.models.base import Autoencoder
from pipeline.observer import SILENT, Observer
from pipeline.quiet import muted


def refine(
    config: Refine | SelfTraining, pretrained: Autoencoder, images: Images, observer: Observer = SILENT
) -> Autoencoder:
    """Return what `refine.fit` makes of the trained autoencoder and the fitted images; it never sees a label.

    The trained autoencoder itself is left as it is, or handed through.
    """
    with muted():  # TensorFlow greets when it is imported
        fit = find(config.fit, "refine.fit")
    refined: Autoencoder = fit(config, pretrained, images, observer)
    return refined
