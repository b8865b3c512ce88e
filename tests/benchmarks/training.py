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


def on_jax(sizes: Sizes, overrides: tuple[str, ...] = PLAIN) -> Work:
    """The training of the stage train with Keras on JAX."""
    os.environ["KERAS_BACKEND"] = "jax"  # the arm has its own process, which has not imported Keras yet
    return ours(sizes, overrides)


def input_pipeline(sizes: Sizes, overrides: tuple[str, ...] = PLAIN) -> Work:
    """The batches of the training, which are counted and not used."""
    from pipeline.models.input_pipeline import corrupted_batches

    images = third_of_images(sizes)
    _, train = model_and_training(*overrides)

    def work() -> Facts:
        ends = []
        steps = -(-len(images.train) // train.batch_size)
        for step, _ in zip(range(1, EPOCHS * steps + 1), corrupted_batches(images.train, train), strict=False):
            if step % steps == 0:
                ends.append(time.perf_counter())
        return median_epoch(len(images.train), ends)

    return work


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


def pytorch(sizes: Sizes, device: str = "cpu") -> Work:
    """Eager PyTorch on a tensor in the device's memory, batches taken in random order without a data loader."""
    import torch

    from tests.benchmarks.torch_model import torch_autoencoder

    images = third_of_images(sizes)
    _, train = model_and_training(*PLAIN)
    pixels = torch.from_numpy(np.moveaxis(images.train, -1, 1).astype(np.float32) / 255).to(device)

    def work() -> Facts:
        torch.manual_seed(0)
        model = torch_autoencoder().train().to(device)
        optimizer = torch.optim.Adam(model.parameters(), train.learning_rate, eps=1e-7)
        ends = []
        for _epoch in range(EPOCHS):
            for rows in torch.randperm(len(pixels), device=device).split(train.batch_size):
                batch = pixels[rows]
                optimizer.zero_grad()
                torch.nn.functional.mse_loss(model(batch), batch).backward()
                optimizer.step()
            if device != "cpu":
                torch.cuda.synchronize()
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


def bare_jax_step(sizes: Sizes) -> Work:
    """Gradient and optimizer step on JAX, compiled, on one batch in the device's memory."""
    os.environ["KERAS_BACKEND"] = "jax"
    import jax
    import keras

    images = third_of_images(sizes)
    _, train = model_and_training(*PLAIN)
    model, optimizer = layers(images.shape), keras.optimizers.Adam(train.learning_rate)
    batch = jax.device_put(images.train[: train.batch_size].astype(np.float32) / 255)
    optimizer.build(model.trainable_variables)

    def loss(weights: Any, others: Any, batch: Any) -> Any:
        decoded, others = model.stateless_call(weights, others, batch, training=True)
        return keras.ops.mean(keras.ops.square(decoded - batch)), others

    @jax.jit
    def step(weights: Any, others: Any, slots: Any, batch: Any) -> Any:
        (_, others), gradients = jax.value_and_grad(loss, has_aux=True)(weights, others, batch)
        weights, slots = optimizer.stateless_apply(slots, gradients, weights)
        return weights, others, slots

    def work() -> Facts:
        variables = (model.trainable_variables, model.non_trainable_variables, optimizer.variables)
        state = tuple([variable.value for variable in group] for group in variables)
        ends = []
        for _epoch in range(EPOCHS):
            for _ in range(-(-len(images.train) // train.batch_size)):
                state = step(*state, batch)
            jax.block_until_ready(state)
            ends.append(time.perf_counter())
        return median_epoch(len(images.train), ends)

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
