"""Random corruptions of images, pure functions of a batch and a seed.

They are written in TensorFlow for any backend of Keras, because they run inside the `tf.data` input pipeline. Keras'
augmentation layers hold their own random state, which a resumed training could not restore.
"""

from __future__ import annotations

import math
from typing import Any

import tensorflow as tf

from pipeline.config import Corruption


def corrupt(images: Any, seed: Any, settings: Corruption) -> Any:
    """Return corrupted copies of images (b, h, w, c) float32 in [0, 1]; `seed` (2,) int32 determines the result.

    Order: affine distortion, masked pixels, Gaussian noise clipped to [0, 1].
    """
    if settings.affine:
        images = affine(images, seed, settings)
    if settings.mask:
        mask = tf.random.stateless_uniform(tf.shape(images), seed + [0, 1]) >= settings.mask
        images = images * tf.cast(mask, images.dtype)
    if settings.noise:
        images = images + tf.random.stateless_normal(tf.shape(images), seed + [0, 2], stddev=settings.noise)
        images = tf.clip_by_value(images, 0.0, 1.0)
    return images


def affine(images: Any, seed: Any, settings: Corruption) -> Any:
    """Rotate, shift, scale and shear each image by its own uniform random amounts.

    Interpolation is bilinear; pixels outside the image take the value of the nearest border pixel.
    """
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
        fill_value=0.0,  # required by the operation, unused with NEAREST
        interpolation="BILINEAR",
        fill_mode="NEAREST",
    )
