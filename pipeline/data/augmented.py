"""MNIST grown by distorted copies, to see how time and memory grow with the number of images."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.config import Corruption
from pipeline.data import mnist
from pipeline.data.source import Source
from pipeline.observer import SILENT, Observer
from pipeline.quiet import muted

DISTORTION = Corruption(rotate=8.0, shift=0.06, scale=0.08, shear=0.08)
BATCH = 10_000


def read(copies: int, observer: Observer = SILENT) -> Source:
    """Return MNIST with `copies` distorted copies of each train image behind its 60,000; the test part as it is.

    Copy c of image i is at 60,000·c + i, c from 1 on; each is rotated, shifted, scaled and sheared by a draw of its
    own, always the same one. A copy has its image's label. Memory: 784 bytes an image.
    """
    source = mnist.read()
    n = len(source.train)
    images = np.empty((n * (copies + 1), *source.train.shape[1:]), np.uint8)
    images[:n] = source.train
    for start in range(n, len(images), BATCH):
        stop = min(start + BATCH, len(images))
        images[start:stop] = _distorted(source.train[np.arange(start, stop) % n], start)
        observer.progress(stop, len(images), "images")
    assert source.train_labels is not None
    return Source(
        images, source.test, np.tile(source.train_labels, copies + 1), source.test_labels, source.names,
        note=f"{copies:,} distorted copies of each of the {n:,} train images" if copies else "",
    )  # fmt: skip


def _distorted(images: NDArray[np.uint8], seed: int) -> NDArray[np.uint8]:
    with muted():  # TensorFlow greets when it is imported
        import tensorflow as tf

        from pipeline.models.corruption import affine

    scaled = tf.constant(images[..., None], tf.float32)
    moved = affine(scaled, tf.constant([0, seed], tf.int32), DISTORTION)
    return np.asarray(np.round(moved.numpy()[..., 0]), np.uint8)
