"""Input pipelines of the trainings: shuffled and corrupted batches as `tf.data` datasets."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from pipeline.artifacts.base import Pixel
from pipeline.config import Refine, SelfTraining, Train
from pipeline.models.corruption import corrupt
from pipeline.runtime.threads import thread_count

Arrange = Callable[[Any, Any, Any], Any]


MOST_WORKERS = 8
"""Batches that are prepared at a time, each of which needs memory; a GPU waits for them if there are fewer."""

VALIDATION_BATCH = 1024
"""Images of a batch whose validation loss is computed."""


def denoising_pairs(rows: Any, corrupted: Any, clean: Any) -> Any:  # noqa: ARG001
    """Return ((corrupted, clean), clean): the input of `DenoisingAutoencoder` and the target of its loss."""
    return (corrupted, clean), clean


def corrupted_batches(
    images: Pixel, settings: Train | Refine | SelfTraining, arrange: Arrange = denoising_pairs, first_step: int = 0
) -> tf.data.Dataset:
    """Return an endless dataset of `arrange(rows, corrupted, clean)`, one element per step.

    `rows` (b,) are indices of the images, `corrupted` and `clean` (b, h, w, c) float32 in [0, 1]. Every epoch has each
    image once, in a new seeded order. There are as many batches as `batch_size` needs, and all but the last have the
    smallest common size, so that the last one is seldom small: a small batch gives a useless correlation matrix. A
    resumed training passes the step to continue with as `first_step`.

    The images stay where they are, in their own dtype; batches are gathered, scaled and corrupted on the fly. NumPy
    gathers them, because a tensor of all images would be a copy, and another one while it is made.
    """
    n = len(images)
    size = math.ceil(n / math.ceil(n / settings.batch_size))
    scale = 255.0 if images.dtype == np.uint8 else 1.0

    def make_batch(step: Any, rows: Any) -> Any:
        gathered = tf.numpy_function(lambda chosen: images[chosen], [rows], images.dtype, stateful=False)
        clean = tf.cast(tf.ensure_shape(gathered, (None, *images.shape[1:])), tf.float32) / scale
        seed = tf.stack([settings.seed % 2**31, tf.cast(step, tf.int32) * 4])
        return arrange(rows, corrupt(clean, seed, settings.corruption), clean)

    rows = tf.data.Dataset.range(n).shuffle(n, seed=settings.seed, reshuffle_each_iteration=True)
    numbered = rows.batch(size).repeat().enumerate().skip(first_step)
    workers = min(thread_count(), MOST_WORKERS)
    return _without_tuning(numbered.map(make_batch, num_parallel_calls=workers, deterministic=True).prefetch(4))


def validation_batches(images: Pixel) -> tf.data.Dataset | None:
    """Return a dataset of clean images in the form of `denoising_pairs`, or None if there are no images."""
    if not len(images):
        return None
    source = tf.data.Dataset.from_tensor_slices(np.ascontiguousarray(images)).batch(VALIDATION_BATCH)
    scale = 255.0 if images.dtype == np.uint8 else 1.0

    def make_pairs(batch: Any) -> Any:
        clean = tf.cast(batch, tf.float32) / scale
        return (clean, clean), clean

    return _without_tuning(source.map(make_pairs).cache().prefetch(2))


def _without_tuning(dataset: tf.data.Dataset) -> tf.data.Dataset:
    """The dataset without TensorFlow's tuning of its parallelism, which is set here.

    The thread that tunes sleeps for longer and longer, and the end of a training waits until it wakes up: 6 s after a
    training of 19 s, 25 s after one of 61 s.
    """
    options = tf.data.Options()
    options.autotune.enabled = False
    return dataset.with_options(options)
