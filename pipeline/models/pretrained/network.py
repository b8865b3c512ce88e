"""The interface of pretrained networks, and how images become their input."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray

from pipeline.artifacts.base import Float, Pixel
from pipeline.artifacts.images import to_unit_range
from pipeline.data.arrays import Size, resize_images
from pipeline.data.decoding import convert_channels
from pipeline.runtime.errors import UserError

Pool = Literal["avg", "first", "flatten"]

IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Mean and standard deviation of the channels of ImageNet, images in [0, 1]: what most networks are trained with."""


@dataclass(frozen=True)
class InputFormat:
    """The input of a network: images of a `size` (height, width) with `channels` 1 or 3, and how pixels are scaled.

    With pixels in [0, 1] the input is pixels · `matrix` + `offset`, where `matrix` is (c, c) and `offset` (c,). A
    matrix rather than a factor per channel lets a network take blue, green and red.
    """

    size: Size
    channels: int
    matrix: list[list[float]]
    offset: list[float]
    channels_first: bool = False
    dtype: str = "float32"

    @classmethod
    def standardized(cls, size: Size, mean: list[float], std: list[float], **facts: Any) -> Self:
        """Return the format whose input is (pixels − mean) / std, with pixels in [0, 1]."""
        return cls(
            size, len(mean), np.diag(1 / np.array(std)).tolist(), (-np.array(mean) / np.array(std)).tolist(), **facts
        )

    def prepare(self, images: Pixel) -> NDArray[Any]:
        """Return images (n, h, w, 1 or 3), uint8 or floats in [0, 1], as the input of the network."""
        if images.shape[3] not in (1, 3):
            raise UserError(
                f"model.encoder: the network takes images with 1 or 3 channels, and these have {images.shape[3]}; give "
                "grey or colour images"
            )
        pixels = convert_channels(to_unit_range(resize_images(images, self.size)), self.channels)
        prepared = pixels @ np.array(self.matrix, np.float32) + np.array(self.offset, np.float32)
        if self.channels_first:
            prepared = np.moveaxis(prepared, 3, 1)
        rounded = np.round(prepared) if np.dtype(self.dtype).kind in "iu" else prepared
        return np.ascontiguousarray(rounded, self.dtype)


class Network(ABC):
    """A network that maps images to feature vectors, without a classifier."""

    kind: ClassVar[str]
    input: InputFormat
    pool: Pool

    @abstractmethod
    def run(self, batch: NDArray[Any]) -> Float:
        """Map a batch in the format of `input` to features, a row (d,) per image."""

    @abstractmethod
    def save(self, folder: Path) -> None:
        """Write the network's files to `folder`."""

    @property
    @abstractmethod
    def parameters(self) -> int:
        """Number of weights; 0 if it is not known."""


def pool_features(features: NDArray[Any], pool: Pool, channels_first: bool) -> Float:
    """Return features (n, …) as rows (n, d) float32.

    Maps (n, h, w, c), or (n, c, h, w) if `channels_first`, and tokens (n, t, c) are averaged over positions (`avg`),
    represented by their first position (`first`, a transformer's class token), or flattened.
    """
    values = np.asarray(features, np.float32)
    if values.ndim == 4 and channels_first:
        values = np.moveaxis(values, 1, 3)
    if values.ndim <= 2 or pool == "flatten":
        return values.reshape(len(values), -1)
    positions = values.reshape(len(values), -1, values.shape[-1])
    return positions[:, 0] if pool == "first" else positions.mean(axis=1)
