"""Settings that every training with Keras shares: seeds, XLA, steps per execution."""

from __future__ import annotations

import keras
import tensorflow as tf

from pipeline.config import Refine, SelfTraining, Train
from pipeline.runtime.keras_backend import make_xla_deterministic


def set_seed(settings: Train | Refine | SelfTraining) -> None:
    """Seed Python, NumPy and TensorFlow, and make their operations deterministic if `deterministic` is set."""
    keras.utils.set_random_seed(settings.seed)
    if settings.deterministic:
        tf.config.experimental.enable_op_determinism()
        make_xla_deterministic()
    # TensorFlow warns about the repeated tracing of functions, which is normal in a sweep.
    tf.get_logger().setLevel("ERROR")


def uses_xla() -> bool:
    """Return whether to compile steps with XLA: JAX requires it, and TensorFlow's own CPU convolutions are faster."""
    return bool(keras.backend.backend() == "jax")


def largest_divisor(steps: int, limit: int) -> int:
    """Return the largest divisor of `steps` up to `limit`, for `steps_per_execution`.

    With another value Keras would round the steps of an epoch up to whole executions.
    """
    return next(size for size in range(min(steps, limit), 0, -1) if steps % size == 0)
