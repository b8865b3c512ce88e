"""Corruptions of a batch of images, each a pure function of the batch and a seed.

They run inside the input pipeline, on other cores than the gradient, so they are TensorFlow whatever Keras'
backend is.
"""

from __future__ import annotations

import math
from typing import Any

import tensorflow as tf

from pipeline.config import Corruption


def corrupt(images: Any, seed: Any, settings: Corruption) -> Any:
    """Return a corrupted copy of images (b, h, w, c) in [0, 1]; `seed` is two int32, and decides everything.

    Order: affine distortion, then masked pixels, then Gaussian noise (which may leave [0, 1], so it is clipped).
    """
    if settings.affine:
        images = affine(images, seed, settings)
    if settings.mask:
        kept = tf.random.stateless_uniform(tf.shape(images), seed + [0, 1]) >= settings.mask
        images = images * tf.cast(kept, images.dtype)
    if settings.noise:
        images = images + tf.random.stateless_normal(tf.shape(images), seed + [0, 2], stddev=settings.noise)
        images = tf.clip_by_value(images, 0.0, 1.0)
    return images


def affine(images: Any, seed: Any, settings: Corruption) -> Any:
    """Rotate, shift, scale and shear each image by its own uniform draw, bilinear; the border goes on outside."""
    shape = tf.shape(images)
    height, width = tf.cast(shape[1], tf.float32), tf.cast(shape[2], tf.float32)
    draw = tf.random.stateless_uniform([6, shape[0]], seed, -1.0, 1.0)
    angle = draw[0] * (settings.rotate * math.pi / 180)
    scale_x, scale_y = 1 + draw[1] * settings.scale, 1 + draw[2] * settings.scale
    shear = draw[5] * settings.shear
    cos, sin = tf.cos(angle), tf.sin(angle)
    # The transform maps output coordinates to input coordinates, about the image's centre.
    a, b = cos / scale_x, (shear * cos - sin) / scale_x
    c, d = sin / scale_y, (cos + shear * sin) / scale_y
    mid_x, mid_y = (width - 1) / 2, (height - 1) / 2
    shift_x = mid_x - a * mid_x - b * mid_y + draw[3] * settings.shift * width
    shift_y = mid_y - c * mid_x - d * mid_y + draw[4] * settings.shift * height
    zero = tf.zeros_like(angle)
    return tf.raw_ops.ImageProjectiveTransformV3(
        images=images,
        transforms=tf.stack([a, b, shift_x, c, d, shift_y, zero, zero], axis=1),
        output_shape=shape[1:3],
        fill_value=0.0,  # of no use to NEAREST, but the operation asks for it
        interpolation="BILINEAR",
        fill_mode="NEAREST",
    )
