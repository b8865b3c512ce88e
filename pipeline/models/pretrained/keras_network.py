"""A Keras model as a pretrained network: from a file, or from keras.applications."""

from __future__ import annotations

import pkgutil
import warnings
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar

import keras
import numpy as np
from numpy.typing import NDArray

from pipeline.artifacts.base import Float
from pipeline.config import Model
from pipeline.data.arrays import Size
from pipeline.models.pretrained.input_shape import check_scaling, read_input_shape
from pipeline.models.pretrained.network import InputFormat, Network, Pool, pool_features
from pipeline.runtime.errors import UserError, first_line
from pipeline.runtime.observer import Observer

SCALING = ("Rescaling", "Normalization")
"""Layers by which a model scales its input, pixels from 0 to 255, itself."""
APPLICATIONS = "keras.applications."


class KerasNetwork(Network):
    """A Keras model whose output is pooled to one row per image."""

    kind: ClassVar[str] = "keras"

    def __init__(self, model: keras.Model, input_format: InputFormat, pool: Pool = "avg") -> None:
        self.model, self.input, self.pool = model, input_format, pool

    def run(self, batch: NDArray[Any]) -> Float:
        """Map a batch (n, h, w, c) to features (n, d), in inference mode."""
        return pool_features(self.model.predict_on_batch(batch), self.pool, self.input.channels_first)

    def save(self, folder: Path) -> None:
        """Write the model in the Keras format."""
        self.model.save(folder / "network.keras")

    @classmethod
    def load(cls, folder: Path, input_format: InputFormat, pool: Pool) -> KerasNetwork:
        """Read what `save` wrote, in safe mode, which refuses layers that contain code."""
        return cls(keras.models.load_model(folder / "network.keras", compile=False, safe_mode=True), input_format, pool)

    @property
    def parameters(self) -> int:
        """Number of weights."""
        return int(self.model.count_params())


def select_layer(model: keras.Model, settings: Model) -> keras.Model:
    """Return the part of a model up to the layer `settings.layer`; None: the whole model.

    Raises:
        UserError: the model has no such layer.
    """
    if settings.layer is None:
        return model
    names = [layer.name for layer in model.layers]
    if settings.layer not in names:
        listed = ", ".join(names[-10:])
        raise UserError(
            f"model.layer = {settings.layer!r}: {settings.encoder} has no such layer; its last are {listed}"
        )
    return keras.Model(model.inputs, model.get_layer(settings.layer).output, name=model.name)


def load_keras_file(settings: Model, observer: Observer) -> KerasNetwork:
    """Return the network in the file `settings.encoder`, up to `settings.layer`.

    Its input shape gives the size of the images. Pixels are passed as 0 to 255 if the model scales them itself, as
    `settings.mean` and `settings.std` say if these are set, and else in [0, 1], which a note says.

    Raises:
        UserError: the file is not a Keras model, contains code, or its input is not one image.
    """
    path = Path(str(settings.encoder)).expanduser()
    try:
        model = keras.models.load_model(path, compile=False, safe_mode=True)
    except Exception as error:  # Keras raises errors of many types on files that are no model
        raise UserError(f"model.encoder: {path} is not a Keras model that can be read: {first_line(error)}") from error
    network = select_layer(model, settings)
    size, channels, is_first = read_input_shape(network.input_shape, settings)
    if settings.mean is None and any(type(layer).__name__ in SCALING for layer in _all_layers(model)):
        scale = InputFormat.standardized(size, [0.0] * channels, [1 / 255] * channels, channels_first=is_first)
        return KerasNetwork(network, scale, settings.pool)
    if settings.mean is None:
        observer.note(f"model.mean: {path.name} has no layer that scales pixels; they are passed in [0, 1]")
    mean, std = settings.mean or [0.0] * channels, settings.std or [1.0] * channels
    check_scaling(mean, std, channels)
    return KerasNetwork(network, InputFormat.standardized(size, mean, std, channels_first=is_first), settings.pool)


def load_application(settings: Model, observer: Observer) -> KerasNetwork:
    """Return a network of keras.applications with `settings.weights`, a file or `imagenet`, and its scaling of pixels.

    Raises:
        UserError: there is no such network, or its weights cannot be downloaded or read.
    """
    name = str(settings.encoder).removeprefix(APPLICATIONS)
    builders = _applications()
    if name not in builders:
        raise UserError(
            f"model.encoder = {settings.encoder!r}: no such network; choose from {', '.join(sorted(builders))}"
        )
    build, preprocess = builders[name]
    size = settings.input_size or (224, 224)
    weights = str(Path(settings.weights).expanduser()) if settings.weights not in (None, "imagenet") else "imagenet"
    if weights == "imagenet":
        observer.note(f"model.weights: {name} with the weights of ImageNet, which Keras downloads once")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that weights were trained at another size
            network = build(include_top=False, weights=weights, input_shape=(*size, 3))
    except Exception as error:  # of the network, the file, or the shape
        raise UserError(
            f"model.weights = {weights!r}: {name} cannot be built: {first_line(error)}; without a network, give "
            "model.weights=FILE.weights.h5"
        ) from error
    return KerasNetwork(select_layer(network, settings), _affine_format(preprocess, size), settings.pool)


def _applications() -> dict[str, tuple[Any, Any]]:
    """The constructor and the function `preprocess_input` of each network of keras.applications."""
    builders = {}
    for module_info in pkgutil.iter_modules(keras.applications.__path__):
        module = import_module(f"keras.applications.{module_info.name}")
        for name in dir(module):
            if name[0].isupper() and callable(getattr(module, name)):
                builders[name] = (getattr(module, name), module.preprocess_input)
    return builders


def _affine_format(preprocess: Any, size: Size) -> InputFormat:
    """The format of a function that maps pixels from 0 to 255 by an affine map, read off its values at four colours."""
    colours = np.array([[0, 0, 0], [255, 0, 0], [0, 255, 0], [0, 0, 255]], np.float32)
    values = np.asarray(preprocess(colours.reshape(4, 1, 1, 3).copy()), np.float64).reshape(4, 3)
    return InputFormat(size, 3, (values[1:] - values[0]).tolist(), values[0].tolist())


def _all_layers(model: keras.Model) -> list[Any]:
    """The layers of a model and of the models in it."""
    nested = [layer for layer in model.layers if isinstance(layer, keras.Model)]
    return [*model.layers, *(inner for part in nested for inner in _all_layers(part))]
