"""An epoch of the default model: ours, plain Keras, plain PyTorch, and the bare training step as a lower bound."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from tests.benchmarks import inputs
from tests.benchmarks.row import Row
from tests.benchmarks.sizes import Sizes
from tests.benchmarks.worker import Facts, Work

EPOCHS = 4
"""The first epoch compiles; the median of the others counts."""

AUGMENTED = (f"train.epochs={EPOCHS}", "train.min_steps=0", "train.validate_on=none")
"""The default training: each image is distorted, and the clean image is encoded a second time."""

PLAIN = (
    *AUGMENTED, "train.schedule=constant", "train.barlow_twins_weight=0", "train.corruption.rotate=0",
    "train.corruption.shift=0", "train.corruption.scale=0",
)  # fmt: skip
"""A plain autoencoder, as the other libraries train it."""


def model_and_training(*overrides: str) -> tuple[Any, Any]:
    """Return the configuration of the default model and of its training."""
    from pipeline.config.compose import compose_config

    config = compose_config(*overrides)
    return config.model, config.train


def third_of_images(sizes: Sizes) -> Any:
    """Return a third of the images, which is enough for a rate."""
    return inputs.images(sizes.images // 3)[0]


def median_epoch(n: int, ends: Sequence[float]) -> dict[str, float]:
    """Return seconds and images per second of the median epoch, from the times at which epochs of n images ended."""
    seconds = float(np.median(np.diff(ends)))
    return {"seconds": seconds, "images/s": n / seconds}


def ours(sizes: Sizes, overrides: tuple[str, ...] = PLAIN) -> Work:
    """The training of the stage train, reproducible to the bit as by default."""
    from pipeline.models.training import train_autoencoder
    from pipeline.runtime.observer import Observer

    images = third_of_images(sizes)
    model, train = model_and_training(*overrides)

    class Clock(Observer):
        """Records the time at which each epoch ends."""

        def __init__(self) -> None:
            self.ends: list[float] = []

        def report_metrics(self, step: int, metrics: Any) -> None:
            self.ends.append(time.perf_counter())

    def work() -> Facts:
        clock = Clock()
        train_autoencoder(model, train, images, clock)
        return median_epoch(len(images.train), clock.ends)

    return work


def augmented(sizes: Sizes) -> Work:
    """The default training: twice the encoder's work, and the distortions."""
    return ours(sizes, AUGMENTED)


def on_jax(sizes: Sizes) -> Work:
    """The plain training with Keras on JAX."""
    os.environ["KERAS_BACKEND"] = "jax"  # the arm has its own process, which has not imported Keras yet
    return ours(sizes)


def layers(shape: tuple[int, int, int]) -> Any:
    """Return the default autoencoder as one plain Keras model."""
    import keras

    from pipeline.models.layers import build_decoder, build_encoder

    model, _ = model_and_training(*PLAIN)
    encoder = build_encoder(model.encoder, shape)
    return keras.Sequential([encoder, build_decoder(model.decoder, encoder, shape)])


def keras_fit(sizes: Sizes) -> Work:
    """`compile` and `fit` on NumPy arrays with Keras' defaults."""
    import keras

    from pipeline.artifacts.images import to_unit_range

    images = third_of_images(sizes)
    pixels, (_, train) = to_unit_range(images.train), model_and_training(*PLAIN)
    ends: list[float] = []
    clock = keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: ends.append(time.perf_counter()))

    def work() -> Facts:
        keras.utils.set_random_seed(0)
        model = layers(images.shape)
        model.compile(keras.optimizers.Adam(train.learning_rate), "mse")
        ends.clear()
        model.fit(pixels, pixels, batch_size=train.batch_size, epochs=EPOCHS, verbose=0, callbacks=[clock])
        return median_epoch(len(images.train), ends)

    return work


def pytorch(sizes: Sizes) -> Work:
    """Eager PyTorch on a tensor in memory, batches taken in random order without a data loader."""
    import torch

    from tests.benchmarks.torch_model import torch_autoencoder

    images = third_of_images(sizes)
    _, train = model_and_training(*PLAIN)
    pixels = torch.from_numpy(np.moveaxis(images.train, -1, 1).astype(np.float32) / 255)

    def work() -> Facts:
        torch.manual_seed(0)
        model = torch_autoencoder().train()
        optimizer = torch.optim.Adam(model.parameters(), train.learning_rate, eps=1e-7)
        ends = []
        for _epoch in range(EPOCHS):
            for rows in torch.randperm(len(pixels)).split(train.batch_size):
                batch = pixels[rows]
                optimizer.zero_grad()
                torch.nn.functional.mse_loss(model(batch), batch).backward()
                optimizer.step()
            ends.append(time.perf_counter())
        return median_epoch(len(images.train), ends)

    return work


def bare_step(sizes: Sizes) -> Work:
    """Gradient and optimizer step, compiled, on one batch in memory; its rate relative to a matrix product."""
    import keras
    import tensorflow as tf

    from tests.benchmarks.arithmetic import count_flops, matmul_rate

    images = third_of_images(sizes)
    _, train = model_and_training(*PLAIN)
    model, optimizer = layers(images.shape), keras.optimizers.Adam(train.learning_rate)
    batch = tf.constant(images.train[: train.batch_size].astype(np.float32) / 255)
    optimizer.build(model.trainable_variables)

    @tf.function(jit_compile=False)
    def step() -> None:
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(model(batch, training=True) - batch))
        optimizer.apply(tape.gradient(loss, model.trainable_variables), model.trainable_variables)

    def work() -> Facts:
        ends = []
        for _epoch in range(EPOCHS):
            for _ in range(-(-len(images.train) // train.batch_size)):
                step()
            ends.append(time.perf_counter())
        facts = median_epoch(len(images.train), ends)
        rate = 3 * count_flops(model) * facts["images/s"]  # the backward pass costs twice the forward pass
        return facts | {"of matmul": rate / matmul_rate()}

    step()
    return work


TRAIN_ROW = Row(
    "an epoch of the 64-d model over a third of the images, batches of 256",
    {
        "ours": ours,
        "ours, as the default trains": augmented,
        "Keras' fit on NumPy": keras_fit,
        "PyTorch, eager": pytorch,
        "bare compiled step": bare_step,
    },
    target_ratios={"Keras' fit on NumPy": 1.25, "PyTorch, eager": 1.8},
    packages={"PyTorch, eager": "torch"},
)
BACKENDS_ROW = Row(
    "our epoch with both of Keras' backends",
    {"ours": ours, "ours, on JAX": on_jax},
    repeats=1,
    packages={"ours, on JAX": "jax"},
    separate=True,
)
