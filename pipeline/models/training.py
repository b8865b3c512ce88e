"""Train a Keras autoencoder: a fast input pipeline, one `fit`, an epoch's metrics to the observer."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from pipeline.artifacts.base import Float, Pixel
from pipeline.artifacts.images import Images, unit_range
from pipeline.build import build
from pipeline.config import Model, Refine, SelfTraining, Train
from pipeline.errors import UserError
from pipeline.models.base import Autoencoder, History
from pipeline.models.checkpoint import Checkpoint
from pipeline.models.consistency import Denoiser
from pipeline.models.corruption import corrupt
from pipeline.models.layers import build_decoder, build_encoder, summarise
from pipeline.models.unpooling import autoencode, partners
from pipeline.observer import SILENT, Observer

Arrange = Callable[[Any, Any, Any], Any]


class KerasAutoencoder(Autoencoder):
    """An encoder and a decoder, two Keras models; the bottleneck is the encoder's output."""

    def __init__(
        self,
        encoder: keras.Model,
        decoder: keras.Model,
        history: History | None = None,
        refinement: History | None = None,
    ) -> None:
        self.encoder, self.decoder = encoder, decoder
        self.bottleneck = tuple(int(side) for side in encoder.output_shape[1:])
        self.history, self.refinement = history or [], refinement or []
        self.summary = summarise(encoder, decoder)

    def encode(self, images: Pixel, batch_size: int = 2048) -> Float:
        """Encode batch by batch, in inference mode."""
        parts = [
            _predict(self.encoder, unit_range(images[i : i + batch_size])).reshape(-1, math.prod(self.bottleneck))
            for i in range(0, len(images), batch_size)
        ]
        return np.concatenate(parts) if parts else np.empty((0, math.prod(self.bottleneck)), np.float32)

    def decode(self, latents: Float, batch_size: int = 2048) -> Float:
        """Decode batch by batch, in inference mode.

        A bare latent does not say where max pooling found its maxima, so with `model.upsampling=max_unpool` each
        value goes to the top left of its window, as with `bed_of_nails`; `reconstruct` knows the places.
        """
        codes = np.asarray(latents, np.float32).reshape(-1, *self.bottleneck)
        parts = [_predict(self.decoder, codes[i : i + batch_size]) for i in range(0, len(codes), batch_size)]
        return np.concatenate(parts) if parts else np.empty((0, *self.decoder.output_shape[1:]), np.float32)

    def reconstruct(self, images: Pixel, batch_size: int = 2048) -> Float:
        """Encode and decode batch by batch, in inference mode; max unpooling uses the places of these images."""
        parts = [
            _array(autoencode(self.encoder, self.decoder, unit_range(images[i : i + batch_size]))[1])
            for i in range(0, len(images), batch_size)
        ]
        return np.concatenate(parts) if parts else np.empty((0, *self.decoder.output_shape[1:]), np.float32)

    def save_parts(self, folder: Path) -> None:
        """Write both models in Keras' own format, without an optimizer."""
        self.encoder.save(folder / "encoder.keras")
        self.decoder.save(folder / "decoder.keras")

    @classmethod
    def load_parts(cls, folder: Path) -> KerasAutoencoder:
        """Read both models."""
        parts = (_load(folder / f"{part}.keras") for part in ("encoder", "decoder"))
        return cls(*parts)


def _load(file: Path) -> keras.Model:
    """Read a model whose file may come from anywhere: in safe mode its layers cannot hold code."""
    return keras.models.load_model(file, compile=False, safe_mode=True)


def _predict(model: keras.Model, batch: Float) -> Float:
    return _array(model(batch, training=False))


def _array(tensor: Any) -> Float:
    return np.asarray(keras.ops.convert_to_numpy(tensor), np.float32)


def fit(model: Model, train: Train, images: Images, observer: Observer = SILENT) -> KerasAutoencoder:
    """Build the autoencoder of `model` and train it as `train` says.

    The same seed gives the same weights to the bit on the same machine, unless `train.deterministic` is false.

    Raises:
        UserError: a layer cannot be built, shapes do not fit, or the loss became infinite or NaN.
    """
    keras.backend.clear_session()
    seed(train)
    encoder = build_encoder(model.encoder, images.shape)
    if model.latent_dim is not None and math.prod(encoder.output_shape[1:]) != model.latent_dim:
        raise UserError(f"model.latent_dim = {model.latent_dim}: but the encoder ends in {encoder.output_shape[1:]}")
    decoder = build_decoder(model.decoder, encoder, images.shape)
    partners(encoder, decoder)  # refuses what does not fit before anything runs
    joined = Denoiser(encoder, decoder, train.consistency, name=model.name)
    observer.table("layers", summarise(encoder, decoder))
    fitted, held = _split(train, images)
    steps, epochs = length(train, min(len(fitted), train.epoch_size or len(fitted)))
    joined.compile(
        optimizer=_optimizer(train, steps * epochs),
        loss=train.loss,
        metrics=[metric if isinstance(metric, str) else build(metric, "train.metrics") for metric in train.metrics],
        steps_per_execution=divisor(steps, train.steps_per_execution),
        jit_compile=compiled(),
    )
    stopping = _early_stopping(train)
    epochs_seen = _Epochs(observer, train, epochs, steps, Checkpoint(observer, "training", joined, stopping))
    joined.fit(
        batches(fitted, train, first=steps * epochs_seen.done),
        steps_per_epoch=steps,
        initial_epoch=epochs_seen.done,
        epochs=epochs,
        shuffle=False,  # the batches are shuffled already
        validation_data=_validation(held, train),
        callbacks=[*([stopping] if stopping else []), epochs_seen],
        verbose=0,
    )
    return KerasAutoencoder(encoder, decoder, epochs_seen.history)


def seed(settings: Train | Refine | SelfTraining) -> None:
    """Seed Python, NumPy and TensorFlow, and let TensorFlow sum in one order where `deterministic` is set."""
    keras.utils.set_random_seed(settings.seed)
    if settings.deterministic:
        tf.config.experimental.enable_op_determinism()
    # Each job of a sweep traces a function of its own, which TensorFlow takes for a mistake.
    tf.get_logger().setLevel("ERROR")


def compiled() -> bool:
    """Whether XLA compiles a step: JAX knows no other way, TensorFlow's own is faster on a CPU by its convolutions."""
    return bool(keras.backend.backend() == "jax")


def length(settings: Train | SelfTraining, images: int) -> tuple[int, int]:
    """Return the steps of an epoch of so many images, and the epochs, more of them where that is too few steps."""
    steps = math.ceil(images / settings.batch_size)
    return steps, max(settings.epochs, math.ceil(settings.min_steps / steps))


def _split(train: Train, images: Images) -> tuple[Pixel, Pixel]:
    """Return the images to train on and those to validate on."""
    fitted = images.part(train.split)
    if train.validation_fraction:
        kept = len(fitted) - int(len(fitted) * train.validation_fraction)
        return fitted[:kept], fitted[kept:]
    held = images.test if train.split == "train" and train.validate_on == "held_out" else fitted[:0]
    return fitted, held


def denoising(rows: Any, corrupted: Any, clean: Any) -> Any:  # noqa: ARG001
    """Return ((corrupted, clean), clean): what `Denoiser` takes, and the target of its loss."""
    return (corrupted, clean), clean


def batches(
    images: Pixel, settings: Train | Refine | SelfTraining, arrange: Arrange = denoising, first: int = 0
) -> tf.data.Dataset:
    """Yield batches without end, each epoch in a new seeded order: what `arrange` makes of (rows, corrupted, clean).

    The images stay as they are in memory, one tensor; a batch is gathered, scaled and corrupted in the pipeline.
    An epoch sees every image once, in batches as equal as can be of at most `batch_size`: what is left over would make
    a batch of a few images, from which no correlation can be told. `first` is the step to begin with, for a training
    that goes on.
    """
    n = len(images)
    size = math.ceil(n / math.ceil(n / settings.batch_size))
    source = tf.constant(np.ascontiguousarray(images))
    scale = 255.0 if images.dtype == np.uint8 else 1.0

    def make(step: Any, rows: Any) -> Any:
        clean = tf.cast(tf.gather(source, rows), tf.float32) / scale
        seed = tf.stack([settings.seed % 2**31, tf.cast(step, tf.int32) * 4])
        return arrange(rows, corrupt(clean, seed, settings.corruption), clean)

    rows = tf.data.Dataset.range(n).shuffle(n, seed=settings.seed, reshuffle_each_iteration=True)
    numbered = rows.batch(size).repeat().enumerate().skip(first)
    return numbered.map(make, num_parallel_calls=2, deterministic=True).prefetch(4)


def _validation(held: Pixel, train: Train) -> tf.data.Dataset | None:
    if not len(held):
        return None
    source = tf.data.Dataset.from_tensor_slices(np.ascontiguousarray(held)).batch(max(train.batch_size, 1024))
    scale = 255.0 if held.dtype == np.uint8 else 1.0

    def pair(batch: Any) -> Any:
        clean = tf.cast(batch, tf.float32) / scale
        return (clean, clean), clean

    return source.map(pair).cache().prefetch(2)


def divisor(steps: int, most: int) -> int:
    """Return the largest divisor of `steps` up to `most`: Keras rounds an epoch up to whole executions otherwise."""
    return next(size for size in range(min(steps, most), 0, -1) if steps % size == 0)


def _optimizer(train: Train, steps: int) -> Any:
    rate: Any = train.learning_rate
    if train.schedule == "cosine":
        rate = keras.optimizers.schedules.CosineDecay(train.learning_rate, steps)
    return build(train.optimizer, "train.optimizer", learning_rate=rate)


def _early_stopping(train: Train) -> keras.callbacks.EarlyStopping | None:
    settings = train.early_stopping
    if settings.patience is None:
        return None
    return keras.callbacks.EarlyStopping(
        "val_loss", min_delta=settings.min_delta, patience=settings.patience, restore_best_weights=True
    )


class _Epochs(keras.callbacks.Callback):  # type: ignore[misc]  # keras has no types
    """Tells the observer of batches and epochs, keeps checkpoints, and stops a training that has diverged.

    It comes after early stopping, whose mind a checkpoint holds too.
    """

    def __init__(self, observer: Observer, train: Train, epochs: int, steps: int, checkpoint: Checkpoint) -> None:
        super().__init__()
        self.observer, self.train, self.epochs, self.steps = observer, train, epochs, steps
        self.checkpoint = checkpoint
        self.history = checkpoint.restore()
        self.done = len(self.history)
        for epoch, values in enumerate(self.history, 1):
            observer.measured(epoch, values)

    def on_train_begin(self, logs: Any = None) -> None:  # noqa: ARG002
        self.checkpoint.begin()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:  # noqa: ARG002
        self.observer.progress(len(self.history) + (batch + 1) / self.steps, self.epochs, "epochs")

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        values = {name: float(value) for name, value in (logs or {}).items() if name != "val_consistency"}
        # Keras' loss is the sum of both terms; only the reconstruction can be compared with the validation loss.
        values["loss"] -= self.train.consistency * values.get("consistency", 0.0)
        self.history.append(values)
        self.observer.measured(epoch + 1, values)
        if not math.isfinite(values["loss"]):
            raise UserError(f"train: the loss became {values['loss']} in epoch {epoch + 1}; lower train.learning_rate")
        if epoch + 1 < self.epochs:
            self.checkpoint.save(self.history)
