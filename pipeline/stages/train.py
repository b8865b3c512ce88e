"""Train the autoencoder."""

from __future__ import annotations

from pipeline.artifacts.images import Images
from pipeline.config import Model, Train
from pipeline.config.instantiate import import_target
from pipeline.models.autoencoder import Autoencoder
from pipeline.runtime.observer import SILENT, Observer
from pipeline.runtime.stderr import mute_stderr


def train(config: Train, model: Model, images: Images, observer: Observer = SILENT) -> Autoencoder:
    """Return the autoencoder that `model._target_` fits to the images of `config.split`."""
    with mute_stderr():  # importing TensorFlow writes to stderr
        fit = import_target(model.target, "model._target_")
    fitted: Autoencoder = fit(model, config, images, observer)
    return fitted
