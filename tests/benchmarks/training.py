"""An epoch of the default model: ours, Keras as it is, PyTorch as it is, and what the machine could do at most."""

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
"""In the first one all is compiled; the median of the others counts."""

AUGMENTED = (f"train.epochs={EPOCHS}", "train.min_steps=0", "train.validate_on=none")
"""The default: each image distorted, and a second code of the clean one."""

PLAIN = (
    *AUGMENTED, "train.schedule=constant", "train.consistency=0", "train.corruption.rotate=0",
    "train.corruption.shift=0", "train.corruption.scale=0",
)  # fmt: skip
"""A plain autoencoder, as the peers train it."""


def settings(*words: str) -> tuple[Any, Any]:
    """Return the configuration of the default model and of its training."""
    from pipeline.notebook import settings as read

    config = read(*words)
    return config.model, config.train


def third(sizes: Sizes) -> Any:
    """Return a third of the images: enough for a rate."""
    return inputs.images(sizes.images // 3)[0]


def by_images(n: int, ends: Sequence[float]) -> dict[str, float]:
    """Return the facts of the median epoch over n images, of the times at which epochs ended."""
    seconds = float(np.median(np.diff(ends)))
    return {"seconds": seconds, "images/s": n / seconds}


def ours(sizes: Sizes, words: tuple[str, ...] = PLAIN) -> Work:
    """The train stage's `fit`, to the bit reproducible as by default."""
    from pipeline.models.training import fit
    from pipeline.observer import Observer

    images = third(sizes)
    model, train = settings(*words)

    class Clock(Observer):
        """Remembers when each epoch ended."""

        def __init__(self) -> None:
            self.ends: list[float] = []

        def measured(self, step: int, metrics: Any) -> None:
            self.ends.append(time.perf_counter())

    def work() -> Facts:
        clock = Clock()
        fit(model, train, images, clock)
        return by_images(len(images.train), clock.ends)

    return work


def augmented(sizes: Sizes) -> Work:
    """The same as the default trains: twice the encoder's work, and the distortions."""
    return ours(sizes, AUGMENTED)


def on_jax(sizes: Sizes) -> Work:
    """The plain one with Keras on JAX."""
    os.environ["KERAS_BACKEND"] = "jax"  # of this arm's own process, which has not imported Keras yet
    return ours(sizes)


def layers(shape: tuple[int, int, int]) -> Any:
    """Return the default autoencoder as one plain Keras model."""
    import keras

    from pipeline.models.layers import build_decoder, build_encoder

    model, _ = settings(*PLAIN)
    encoder = build_encoder(model.encoder, shape)
    return keras.Sequential([encoder, build_decoder(model.decoder, encoder, shape)])


def keras_fit(sizes: Sizes) -> Work:
    """`compile` and `fit` on NumPy arrays, with Keras' own defaults."""
    import keras

    from pipeline.artifacts.images import unit_range

    images = third(sizes)
    pixels, (_, train) = unit_range(images.train), settings(*PLAIN)
    ends: list[float] = []
    clock = keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: ends.append(time.perf_counter()))

    def work() -> Facts:
        keras.utils.set_random_seed(0)
        model = layers(images.shape)
        model.compile(keras.optimizers.Adam(train.learning_rate), "mse")
        ends.clear()
        model.fit(pixels, pixels, batch_size=train.batch_size, epochs=EPOCHS, verbose=0, callbacks=[clock])
        return by_images(len(images.train), ends)

    return work


def pytorch(sizes: Sizes) -> Work:
    """Eager PyTorch on a resident tensor, batches gathered by a random order: no data loader slows it down."""
    import torch

    from tests.benchmarks.torch_model import autoencoder

    images = third(sizes)
    _, train = settings(*PLAIN)
    pixels = torch.from_numpy(np.moveaxis(images.train, -1, 1).astype(np.float32) / 255)

    def work() -> Facts:
        torch.manual_seed(0)
        model = autoencoder().train()
        optimizer = torch.optim.Adam(model.parameters(), train.learning_rate, eps=1e-7)
        ends = []
        for _epoch in range(EPOCHS):
            for rows in torch.randperm(len(pixels)).split(train.batch_size):
                batch = pixels[rows]
                optimizer.zero_grad()
                torch.nn.functional.mse_loss(model(batch), batch).backward()
                optimizer.step()
            ends.append(time.perf_counter())
        return by_images(len(images.train), ends)

    return work


def limit(sizes: Sizes) -> Work:
    """The bare gradient and step, compiled, on one resident batch; and its rate beside that of a matrix product."""
    import keras
    import tensorflow as tf

    from tests.benchmarks.arithmetic import flops, matmul_rate

    images = third(sizes)
    _, train = settings(*PLAIN)
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
        facts = by_images(len(images.train), ends)
        rate = 3 * flops(model) * facts["images/s"]  # the gradient costs twice the way forward
        return facts | {"of matmul": rate / matmul_rate()}

    step()
    return work


ROW = Row(
    "an epoch of the 64-d model over a third of the images, batches of 256",
    {
        "ours": ours,
        "ours, as the default trains": augmented,
        "Keras' fit on NumPy": keras_fit,
        "PyTorch, eager": pytorch,
        "bare compiled step": limit,
    },
    faster={"Keras' fit on NumPy": 1.25, "PyTorch, eager": 1.8},
    needs={"PyTorch, eager": "torch"},
)
BACKENDS = Row(
    "the same epoch of ours by both of Keras' backends",
    {"ours": ours, "ours, on JAX": on_jax},
    repeats=1,
    needs={"ours, on JAX": "jax"},
    apart=True,
)
