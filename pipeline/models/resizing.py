"""Pooling and upsampling layers by name, with the kinds of upsampling that Keras does not have."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


def pool(kind: str, size: int = 2, padding: str = "valid") -> keras.layers.Layer:
    """Return the pooling layer `max` or `average` over non-overlapping windows of `size` × `size`.

    Padding `same` pads incomplete windows at the border, `valid` drops them.
    """
    return {"max": keras.layers.MaxPooling2D, "average": keras.layers.AveragePooling2D}[kind](size, padding=padding)


def upsample(kind: str, size: int = 2) -> keras.layers.Layer:
    """Return the layer that turns each value into a window of `size` × `size`.

    `nearest` repeats the value, `bed_of_nails` puts it at the top left, and `max_unpool` puts it where the encoder's
    max pooling found its maximum; the other values are zero.
    """
    kinds = {"nearest": keras.layers.UpSampling2D, "bed_of_nails": BedOfNails, "max_unpool": MaxUnpool}
    return kinds[kind](size)


@keras.saving.register_keras_serializable("pipeline")
class BedOfNails(keras.layers.Layer):  # type: ignore[misc]  # keras has no types
    """Puts each value at the top left of its window, zero elsewhere: (b, h, w, c) to (b, h·size, w·size, c)."""

    def __init__(self, size: int = 2, **options: Any) -> None:
        super().__init__(**options)
        self.size = size

    def call(self, inputs: Any) -> Any:
        """Put each value of `inputs` at position 0 of its window."""
        return _fill_windows(inputs, ops.zeros_like(inputs, "int32"), self.size)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return the shape of the larger maps."""
        batch, height, width, channels = input_shape
        return batch, height * self.size, width * self.size, channels  # type: ignore[operator]  # sides are not None

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that rebuild this layer."""
        return {**super().get_config(), "size": self.size}


@keras.saving.register_keras_serializable("pipeline")
class MaxUnpool(BedOfNails):
    """Puts each value where max pooling found its maximum, zero elsewhere: (b, h, w, c) to (b, h·size, w·size, c).

    Without positions, as when latents alone are decoded, it works as `BedOfNails`. Source: Zeiler and Fergus,
    "Visualizing and Understanding Convolutional Networks", 2014.
    """

    def call(self, inputs: Any, positions: Any = None) -> Any:
        """Put the values of `inputs` at `positions` (b, h', w', c) int32, which number a window's cells row by row.

        Positions of another height or width are cropped or padded with zeros, the top left.
        """
        if positions is None:
            return super().call(inputs)
        height, width = inputs.shape[1:3]
        positions = positions[:, :height, :width]
        missing = height - positions.shape[1], width - positions.shape[2]
        positions = ops.pad(positions, [[0, 0], [0, missing[0]], [0, missing[1]], [0, 0]])
        return _fill_windows(inputs, positions, self.size)


def max_pool_positions(images: Any, size: int, padding: str) -> Any:
    """Return the position in its window of each maximum that max pooling of (b, H, W, c) finds: (b, h, w, c) int32.

    The cells of a window are numbered row by row; of equal values the first counts. Cells that `same` padding adds are
    numbered too but never hold a maximum.
    """
    height, width, channels = images.shape[1:]
    if padding == "same":
        rows, columns = -(-height // size), -(-width // size)
        above, left = (rows * size - height) // 2, (columns * size - width) // 2
        below, right = rows * size - height - above, columns * size - width - left
        images = ops.pad(images, [[0, 0], [above, below], [left, right], [0, 0]], constant_values=float("-inf"))
    else:
        rows, columns = height // size, width // size
        images = images[:, : rows * size, : columns * size]
    windows = ops.reshape(images, (-1, rows, size, columns, size, channels))
    windows = ops.reshape(ops.transpose(windows, (0, 1, 3, 2, 4, 5)), (-1, rows, columns, size * size, channels))
    return ops.cast(ops.argmax(windows, axis=3), "int32")


def _fill_windows(values: Any, positions: Any, size: int) -> Any:
    """Put each of the values (b, h, w, c) at its position in a window of `size` × `size`, zero elsewhere."""
    height, width, channels = values.shape[1:]
    one_hot = ops.one_hot(positions, size * size, axis=3, dtype=values.dtype)
    windows = ops.reshape(values[:, :, :, None] * one_hot, (-1, height, width, size, size, channels))
    return ops.reshape(ops.transpose(windows, (0, 1, 3, 2, 4, 5)), (-1, height * size, width * size, channels))
