"""Refine the trained autoencoder so that its codes form clusters."""

from __future__ import annotations

from pipeline.artifacts.images import Images
from pipeline.config import Refine, SelfTraining
from pipeline.config.instantiate import import_target
from pipeline.models.autoencoder import Autoencoder
from pipeline.runtime.observer import SILENT, Observer
from pipeline.runtime.stderr import mute_stderr


def refine(
    config: Refine | SelfTraining, pretrained: Autoencoder, images: Images, observer: Observer = SILENT
) -> Autoencoder:
    """Return the autoencoder that `refine._target_` makes of the trained one and the fitted images.

    The trained autoencoder is not modified; with refine=none it is the result.
    """
    with mute_stderr():  # importing TensorFlow writes to stderr
        fit = import_target(config.target, "refine._target_")
    refined: Autoencoder = fit(config, pretrained, images, observer)
    return refined
