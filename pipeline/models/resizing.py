"""Layers that make maps smaller and larger again: the kinds of pooling and of upsampling, one word each."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


def pool(kind: str, size: int = 2, padding: str = "valid") -> keras.layers.Layer:
    """Return the pooling layer of a `kind`, `max` or `average`, over windows of `size` × `size` that do not overlap.

    With `padding` same a window may stick out of the map, with valid it is dropped.
    """
    return {"max": keras.layers.MaxPooling2D, "average": keras.layers.AveragePooling2D}[kind](size, padding=padding)


def upsample(kind: str, size: int = 2) -> keras.layers.Layer:
    """Return the layer of a `kind` that turns every value into a window of `size` × `size`.

    `nearest` copies the value into the whole window; `bed_of_nails` puts it into a corner; `max_unpool` puts it
    where the encoder's max pooling took its maximum from.
    """
    kinds = {"nearest": keras.layers.UpSampling2D, "bed_of_nails": BedOfNails, "max_unpool": MaxUnpool}
    return kinds[kind](size)


@keras.saving.register_keras_serializable("pipeline")
class BedOfNails(keras.layers.Layer):  # type: ignore[misc]  # keras has no types
    """Each value in the top left of its window, zero in the rest: (b, h, w, c) to (b, h·size, w·size, c)."""

    def __init__(self, size: int = 2, **options: Any) -> None:
        super().__init__(**options)
        self.size = size

    def call(self, inputs: Any) -> Any:
        """Put every value of `inputs` at place 0 of its window."""
        return _put(inputs, ops.zeros_like(inputs, "int32"), self.size)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return the shape of the larger maps."""
        batch, height, width, channels = input_shape
        return batch, height * self.size, width * self.size, channels  # type: ignore[operator]  # sides are known

    def get_config(self) -> dict[str, Any]:
        """Return what rebuilds this layer."""
        return {**super().get_config(), "size": self.size}


@keras.saving.register_keras_serializable("pipeline")
class MaxUnpool(BedOfNails):
    """Each value where max pooling found it, zero in the rest: (b, h, w, c) to (b, h·size, w·size, c).

    Where no places are given, as when a bare latent is decoded, it is a bed of nails. Source: Zeiler and Fergus,
    "Visualizing and Understanding Convolutional Networks", 2014.
    """

    def call(self, inputs: Any, places: Any = None) -> Any:
        """Put the values of `inputs` at `places` (b, h', w', c), which count a window's cells row by row.

        `places` of another height or width are cut, or extended with zeros: those windows are beds of nails.
        """
        if places is None:
            return super().call(inputs)
        height, width = inputs.shape[1:3]
        places = places[:, :height, :width]
        missing = height - places.shape[1], width - places.shape[2]
        places = ops.pad(places, [[0, 0], [0, missing[0]], [0, missing[1]], [0, 0]])
        return _put(inputs, places, self.size)


def places_of_maxima(images: Any, size: int, padding: str) -> Any:
    """Return where in its window each maximum lies that max pooling takes from (b, H, W, c): (b, h, w, c) int32.

    The cells of a window are counted row by row; of equal values the first counts. Cells that `same` padding adds
    are counted too, and never hold a maximum.
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


def _put(values: Any, places: Any, size: int) -> Any:
    """Spread values (b, h, w, c) over windows of `size` × `size`, each at its place, zero elsewhere."""
    height, width, channels = values.shape[1:]
    nails = ops.one_hot(places, size * size, axis=3, dtype=values.dtype)
    windows = ops.reshape(values[:, :, :, None] * nails, (-1, height, width, size, size, channels))
    return ops.reshape(ops.transpose(windows, (0, 1, 3, 2, 4, 5)), (-1, height * size, width * size, channels))
