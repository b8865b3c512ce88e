"""Training of a Keras autoencoder, resumable after each epoch."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from pipeline.artifacts.base import Pixel
from pipeline.artifacts.images import Images
from pipeline.config import Model, Train
from pipeline.config.instantiate import instantiate
from pipeline.models.autoencoder import require_images, require_part
from pipeline.models.barlow_twins import DenoisingAutoencoder
from pipeline.models.checkpoint import Checkpoint
from pipeline.models.input_pipeline import corrupted_batches, validation_batches
from pipeline.models.keras_autoencoder import KerasAutoencoder
from pipeline.models.keras_settings import largest_divisor, set_seed, uses_xla
from pipeline.models.layers import build_decoder, build_encoder, layer_table
from pipeline.models.training_length import training_length
from pipeline.models.unpooling import match_unpooling
from pipeline.runtime.errors import UserError
from pipeline.runtime.observer import SILENT, Observer
from pipeline.runtime.sampling import sample_rows


def train_autoencoder(model: Model, train: Train, images: Images, observer: Observer = SILENT) -> KerasAutoencoder:
    """Build the autoencoder of `model` and train it with the settings in `train`.

    On the same machine, the same seed gives bit-identical weights unless `train.deterministic` is false.

    Raises:
        UserError: a layer cannot be built, shapes do not match, or the loss became infinite or NaN.
    """
    require_images(images, model.name)
    keras.backend.clear_session()
    set_seed(train)
    encoder, decoder = _build(model, images)
    denoiser = DenoisingAutoencoder(encoder, decoder, train.barlow_twins_weight, name=model.name)
    observer.table("layers", layer_table(encoder, decoder))
    training_images, validation_images = _split(train, images)
    steps, epochs = training_length(train, len(training_images), train.epoch_size, observer)
    denoiser.compile(
        optimizer=_optimizer(train, steps * epochs),
        loss=_named(keras.losses.get, train.loss, "train.loss"),
        metrics=[
            _named(keras.metrics.get, metric, "train.metrics")
            if isinstance(metric, str)
            else instantiate(metric, "train.metrics")
            for metric in train.metrics
        ],
        steps_per_execution=largest_divisor(steps, train.steps_per_execution),
        jit_compile=uses_xla(),
    )
    stopping = _early_stopping(train)
    checkpoint = Checkpoint(observer, "training", denoiser, stopping)
    callback = _EpochCallback(observer, train, epochs, steps, checkpoint)
    denoiser.fit(
        corrupted_batches(training_images, train, first_step=steps * callback.first_epoch),
        steps_per_epoch=steps,
        initial_epoch=callback.first_epoch,
        epochs=epochs,
        shuffle=False,  # the dataset shuffles
        validation_data=validation_batches(validation_images),
        callbacks=[*([stopping] if stopping else []), callback],
        verbose=0,
    )
    return KerasAutoencoder(encoder, decoder, callback.history)


def _build(model: Model, images: Images) -> tuple[keras.Model, keras.Model]:
    """Build encoder and decoder and check that their shapes suit the images and each other."""
    encoder = build_encoder(model.layers, images.shape)
    if model.latent_dim is not None and math.prod(encoder.output_shape[1:]) != model.latent_dim:
        raise UserError(
            f"model.latent_dim = {model.latent_dim}: the encoder's output has shape {encoder.output_shape[1:]}; "
            "change model.encoder or model.latent_dim"
        )
    decoder = build_decoder(model.decoder, encoder, images.shape)
    match_unpooling(encoder, decoder)
    return encoder, decoder


def _split(train: Train, images: Images) -> tuple[Pixel, Pixel]:
    """Return the training images and the validation images, a random sample or the last of the selected ones."""
    selected = images.part(train.split)
    require_part(len(selected), train.split)
    if train.validation_fraction:
        size = max(1, int(len(selected) * train.validation_fraction))
        if train.validation_part == "tail":
            return selected[:-size], selected[-size:]
        rows = sample_rows(len(selected), size, train.seed)
        return np.delete(selected, rows, axis=0), selected[rows]
    use_held_out = train.split == "train" and train.validate_on == "held_out"
    return selected, images.test if use_held_out else selected[:0]


def _named(find: Callable[[str], Any], name: str, key: str) -> str:
    """The name of a loss or metric of Keras, which is refused if there is none."""
    try:
        find(name)
    except ValueError as error:
        raise UserError(f"{key} = {name!r}: Keras has nothing of this name; give one such as mse") from error
    return name


def _optimizer(train: Train, steps: int) -> Any:
    rate: Any = train.learning_rate
    if train.schedule == "cosine":
        rate = keras.optimizers.schedules.CosineDecay(train.learning_rate, steps)
    return instantiate(train.optimizer, "train.optimizer", learning_rate=rate)


def _early_stopping(train: Train) -> keras.callbacks.EarlyStopping | None:
    settings = train.early_stopping
    if settings.patience is None:
        return None
    return keras.callbacks.EarlyStopping(
        "val_loss", min_delta=settings.min_delta, patience=settings.patience, restore_best_weights=True
    )


class _EpochCallback(keras.callbacks.Callback):  # type: ignore[misc]  # keras has no types
    """Reports progress and metrics, saves checkpoints, and stops a diverged training with an error.

    It must come after the early stopping callback, whose state a checkpoint contains.
    """

    def __init__(self, observer: Observer, train: Train, epochs: int, steps: int, checkpoint: Checkpoint) -> None:
        super().__init__()
        self.observer, self.train, self.epochs, self.steps = observer, train, epochs, steps
        self.checkpoint = checkpoint
        self.history = checkpoint.restore()
        self.first_epoch = len(self.history)
        for epoch, metrics in enumerate(self.history, 1):
            observer.report_metrics(epoch, metrics)

    def on_train_begin(self, logs: Any = None) -> None:  # noqa: ARG002
        self.checkpoint.restore_early_stopping()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:  # noqa: ARG002
        self.observer.progress(len(self.history) + (batch + 1) / self.steps, self.epochs, "epochs")

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        metrics = {name: float(value) for name, value in (logs or {}).items() if name != "val_barlow_twins"}
        # Keras' loss includes the Barlow Twins term, which the validation loss does not have.
        metrics["loss"] -= self.train.barlow_twins_weight * metrics.get("barlow_twins", 0.0)
        self.history.append(metrics)
        self.observer.report_metrics(epoch + 1, metrics)
        if not math.isfinite(metrics["loss"]):
            raise UserError(f"train: the loss became {metrics['loss']} in epoch {epoch + 1}; lower train.learning_rate")
        if epoch + 1 < self.epochs:
            self.checkpoint.save(self.history)
