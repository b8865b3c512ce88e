"""Train the autoencoder that the model's file describes."""

from __future__ import annotations

from pipeline.artifacts.images import Images
from pipeline.build import find
from pipeline.config import Model, Train
from pipeline.models.base import Autoencoder
from pipeline.observer import SILENT, Observer
from pipeline.quiet import muted


def train(config: Train, model: Model, images: Images, observer: Observer = SILENT) -> Autoencoder:
    """Return the model of `model.fit`, fitted to the images of `config.split`; it never sees a label."""
    with muted():  # TensorFlow greets when it is imported
        fit = find(model.fit, "model.fit")
    fitted: Autoencoder = fit(model, config, images, observer)
    return fitted
