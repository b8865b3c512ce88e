"""The interface of all autoencoders, and how they are stored."""

from __future__ import annotations

import importlib
import json
import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from pipeline.artifacts.base import Artifact, Float, Pixel
from pipeline.artifacts.images import Images
from pipeline.artifacts.migration import current_class_path
from pipeline.runtime.errors import UserError
from pipeline.runtime.stderr import mute_stderr

History = list[dict[str, float]]


class Autoencoder(Artifact, ABC):
    """Encodes images into flat latents and decodes latents into images.

    `bottleneck` is the shape of one code before it is flattened, such as (64,) or (7, 7, 2). `history` has a row of
    metrics per epoch of the training. `refinement` has a row with its `step` per target (DEC) or epoch (self-training)
    of the refinement. Both may be empty. `summary` is the layer table. Without `has_decoder`, latents are not decoded.
    """

    has_decoder: ClassVar[bool] = True
    is_keras_model: ClassVar[bool] = False
    noun: ClassVar[str] = "autoencoder"
    """What sentences call the model; empty if it is one of the baselines itself, or the vectors are given."""
    bottleneck: tuple[int, ...]
    history: History
    refinement: History
    summary: list[dict[str, Any]]

    def inputs(self, images: Images) -> tuple[Any, Any]:
        """Return what `encode` takes of the fitted and of the held-out images: the images, or their vectors."""
        return images.fitted, images.held_out

    def reading_shape(self, images: Images) -> tuple[int, int, int]:
        """Return the (h, w, c) in which new images are read for `encode`: that of the run's images."""
        return images.shape

    @abstractmethod
    def encode(self, images: Pixel, batch_size: int = 2048) -> Float:
        """Map images (n, h, w, c), uint8 or float in [0, 1], to latents (n, d) float32; n may be 0."""

    @abstractmethod
    def decode(self, latents: Float, batch_size: int = 2048) -> Float:
        """Map latents (n, d) to images (n, h, w, c) float32, in [0, 1] if the decoder ends in a sigmoid."""

    def reconstruct(self, images: Pixel, batch_size: int = 2048) -> Float:
        """Map images (n, h, w, c), uint8 or float in [0, 1], to their reconstructions (n, h, w, c) float32."""
        return self.decode(self.encode(images, batch_size), batch_size)

    @abstractmethod
    def save_parts(self, folder: Path) -> None:
        """Write the model's own files to `folder`."""

    @classmethod
    @abstractmethod
    def load_parts(cls, folder: Path) -> Autoencoder:
        """Read a model from the files that `save_parts` wrote."""

    def save(self, folder: Path) -> None:
        """Write the model and the path of its class to `folder`."""
        folder.mkdir(parents=True, exist_ok=True)
        class_path = f"{type(self).__module__}:{type(self).__qualname__}"
        metadata = {
            "class": class_path, "history": self.history, "refinement": self.refinement, "summary": self.summary,
        }  # fmt: skip
        (folder / "artifact.json").write_text(json.dumps(metadata, indent=1))
        self.save_parts(folder)

    @classmethod
    def load(cls, folder: Path) -> Autoencoder:
        """Read a model of any class that `save` wrote, also one of an earlier version.

        Raises:
            ValueError: the file names something other than an autoencoder class of this package.
        """
        metadata = json.loads((folder / "artifact.json").read_text())
        with mute_stderr():  # importing TensorFlow writes to stderr
            autoencoder_class = _import_class(metadata["class"])
        model = autoencoder_class.load_parts(folder)
        model.history, model.summary = metadata["history"], metadata["summary"]
        model.refinement = metadata.get("refinement", [])  # missing in models of early versions
        return model

    @property
    def parameters(self) -> int:
        """Number of weights, also of those that are not trained."""
        return sum(int(row["parameters"]) for row in self.summary)

    def metrics(self) -> dict[str, float]:
        """Return the number of parameters and the last metrics of training and refinement."""
        metrics = {"model/parameters": float(self.parameters)}
        for prefix, history in (("reconstruction", self.history), ("refinement", self.refinement)):
            metrics |= {f"{prefix}/{name}": value for name, value in (history[-1] if history else {}).items()}
        return metrics


def encode_in_batches(
    autoencoder: Autoencoder, images: Any, batch_size: int = 2048, progress: Callable[[int], None] | None = None
) -> Float:
    """Return the latents (n, d) float32 of images, or vectors, which are read and encoded batch by batch.

    `progress` gets the number of images that are encoded so far.
    """
    latents = np.empty((len(images), math.prod(autoencoder.bottleneck)), np.float32)
    for start in range(0, len(images), batch_size):
        latents[start : start + batch_size] = autoencoder.encode(images[start : start + batch_size], batch_size)
        if progress is not None:
            progress(min(start + batch_size, len(images)))
    return latents


def require_images(images: Images, model: str) -> None:
    """Raise a `UserError` if the data set has only vectors, which a model of images cannot be fitted to."""
    if not images.has_images:
        raise UserError(f"model = {model}: {images.name} has vectors and no images; set model=vectors")


def require_part(count: int, split: str) -> None:
    """Raise a `UserError` if the part `train.split` of the data set has `count` images, fewer than two."""
    if count < 2:
        raise UserError(f"train.split = {split!r}: that part has {count} images; choose another")


def _import_class(class_path: str) -> type[Autoencoder]:
    """Return the class that a stored model names, `module:Class`; only autoencoders of this package may be imported."""
    module, _, name = current_class_path(class_path).partition(":")
    imported = getattr(importlib.import_module(module), name, None) if module.startswith("pipeline.") else None
    if not (isinstance(imported, type) and issubclass(imported, Autoencoder)):
        raise ValueError(f"{class_path} is not an autoencoder class of this package")
    return imported
