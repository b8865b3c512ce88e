"""An autoencoder made of two Keras models."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, ClassVar

import keras
import numpy as np

from pipeline.artifacts.base import Float, Pixel
from pipeline.artifacts.images import to_unit_range
from pipeline.models.autoencoder import Autoencoder, History
from pipeline.models.layers import layer_table
from pipeline.models.unpooling import autoencode

BATCH_BYTES = 32 * 2**20
"""Bytes of the largest output of a layer for a batch; convolutions keep about four times as much for the next batch."""


class KerasAutoencoder(Autoencoder):
    """An encoder and a decoder, two Keras models; the bottleneck is the encoder's output."""

    is_keras_model: ClassVar[bool] = True

    def __init__(
        self,
        encoder: keras.Model,
        decoder: keras.Model,
        history: History | None = None,
        refinement: History | None = None,
    ) -> None:
        self.encoder, self.decoder = encoder, decoder
        self.bottleneck = tuple(int(side) for side in encoder.output_shape[1:])
        self.history, self.refinement = history or [], refinement or []
        self.summary = layer_table(encoder, decoder)

    def encode(self, images: Pixel, batch_size: int = 512) -> Float:
        """Encode images (n, h, w, c) in batches, in inference mode; return latents (n, d) float32."""
        batch_size = _bounded(batch_size, self.encoder)
        batches = [
            _predict(self.encoder, to_unit_range(images[i : i + batch_size])).reshape(-1, math.prod(self.bottleneck))
            for i in range(0, len(images), batch_size)
        ]
        return np.concatenate(batches) if batches else np.empty((0, math.prod(self.bottleneck)), np.float32)

    def decode(self, latents: Float, batch_size: int = 512) -> Float:
        """Decode latents (n, d) in batches, in inference mode; return images (n, h, w, c) float32.

        Latents do not hold the positions of the pooling's maxima, so `model.upsampling=max_unpool` works as
        `bed_of_nails` here; only `reconstruct` has these positions.
        """
        batch_size = _bounded(batch_size, self.decoder)
        codes = np.asarray(latents, np.float32).reshape(-1, *self.bottleneck)
        batches = [_predict(self.decoder, codes[i : i + batch_size]) for i in range(0, len(codes), batch_size)]
        return np.concatenate(batches) if batches else np.empty((0, *self.decoder.output_shape[1:]), np.float32)

    def reconstruct(self, images: Pixel, batch_size: int = 512) -> Float:
        """Encode and decode images in batches, in inference mode, with max unpooling to the maxima's positions."""
        batch_size = _bounded(batch_size, self.encoder, self.decoder)
        batches = [
            _to_numpy(autoencode(self.encoder, self.decoder, to_unit_range(images[i : i + batch_size]))[1])
            for i in range(0, len(images), batch_size)
        ]
        return np.concatenate(batches) if batches else np.empty((0, *self.decoder.output_shape[1:]), np.float32)

    def end_to_end(self) -> keras.Model:
        """Return encoder and decoder as one Keras model, images to images."""
        return keras.Sequential([self.encoder, self.decoder], name="autoencoder")

    def save_parts(self, folder: Path) -> None:
        """Write both models in the Keras format, without optimizer state."""
        self.encoder.save(folder / "encoder.keras")
        self.decoder.save(folder / "decoder.keras")

    @classmethod
    def load_parts(cls, folder: Path) -> KerasAutoencoder:
        """Read both models in safe mode, which refuses layers that contain code: a file may come from anywhere."""
        encoder, decoder = (
            keras.models.load_model(folder / f"{part}.keras", compile=False, safe_mode=True)
            for part in ("encoder", "decoder")
        )
        return cls(encoder, decoder)


def _bounded(batch_size: int, *models: keras.Model) -> int:
    """The batch size, or a smaller one for which no layer's output has more than `BATCH_BYTES`."""
    largest: int = max(math.prod(layer.output.shape[1:]) for model in models for layer in model.layers)
    return min(batch_size, max(BATCH_BYTES // (4 * largest), 1))


def _predict(model: keras.Model, batch: Float) -> Float:
    return _to_numpy(model(batch, training=False))


def _to_numpy(tensor: Any) -> Float:
    return np.asarray(keras.ops.convert_to_numpy(tensor), np.float32)
