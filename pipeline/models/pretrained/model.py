"""The model of a pretrained encoder: a network, then normalisation and principal components of its features."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from pipeline.artifacts.base import Float
from pipeline.artifacts.images import Images
from pipeline.config import Model, Train
from pipeline.data.decoding import convert_channels
from pipeline.data.image_files import open_image_files
from pipeline.embedding.metric import to_unit_length
from pipeline.models.autoencoder import Autoencoder, require_images, require_part
from pipeline.models.pretrained.network import InputFormat, Network, Pool
from pipeline.models.vectors import VectorModel, fit_normalization
from pipeline.runtime.errors import UserError
from pipeline.runtime.observer import SILENT, Observer
from pipeline.runtime.stderr import mute_stderr

BATCH = 32
"""Images that pass through the network at a time."""
SAMPLE = 5000
"""Random images by whose features the normalisation and the components are fitted, before all images are encoded."""


class PretrainedModel(Autoencoder):
    """Maps images to a network's features, which are normalised and projected as vectors are. There is no decoder.

    Files of images are decoded again at the network's size; other images are resized from the size that they have.
    """

    noun: ClassVar[str] = "encoder"
    has_decoder: ClassVar[bool] = False

    def __init__(
        self,
        network: Network,
        projection: VectorModel,
        views: Sequence[str] = ("image",),
        reads_files: bool | None = None,
    ) -> None:
        self.network, self.projection, self.views = network, projection, tuple(views)
        self.reads_files = reads_files  # None in runs of earlier versions
        self.bottleneck = projection.bottleneck
        self.history, self.refinement = [], []
        height, width = network.input.size
        self.summary = [
            {
                "part": "encoder", "layer": f"{network.kind} network, {height}×{width}", "output": str(projection.d),
                "parameters": network.parameters, "receptive_field": None,
            }
        ]  # fmt: skip

    def inputs(self, images: Images) -> tuple[Any, Any]:
        """Return the fitted and the held-out images, which are decoded at the network's size if they are files."""
        size = self.network.input.size
        return open_image_files(images, "fitted", size), open_image_files(images, "held_out", size)

    def reading_shape(self, images: Images) -> tuple[int, int, int]:
        """Return the (h, w, c) in which new images are read: the network's size if it was fitted on image files.

        Images that were added to the run later may be arrays.
        """
        reads_files = bool(images.folder) if self.reads_files is None else self.reads_files
        height, width = self.network.input.size
        return (height, width, images.shape[2]) if reads_files else images.shape

    def encode(self, images: Any, batch_size: int = 2048) -> Float:
        """Map images (n, h, w, c) of any size to latents (n, d) float32; `batch_size` images are decoded at a time."""
        parts = [
            self.projection.encode(self.features(images[start : start + batch_size]))
            for start in range(0, len(images), batch_size)
        ]
        return np.concatenate(parts) if parts else np.empty((0, *self.bottleneck), np.float32)

    def features(self, images: Any) -> Float:
        """Map images (n, h, w, c) to the network's features (n, d) float32; n may be 0.

        With several views, each gives features of length 1, and these are averaged.
        """
        if len(self.views) == 1:
            return encode_batches(self.network, VIEWS[self.views[0]](images))
        parts = [to_unit_length(encode_batches(self.network, VIEWS[view](images))) for view in self.views]
        return np.asarray(np.mean(parts, axis=0), np.float32)

    def decode(self, latents: Float, batch_size: int = 2048) -> Float:
        """Raise an error: a pretrained encoder has no decoder."""
        raise NotImplementedError("a pretrained encoder has no decoder")

    def save_parts(self, folder: Path) -> None:
        """Write the network, its input format and the projection."""
        self.network.save(folder)
        facts: dict[str, Any] = {
            "kind": self.network.kind, "pool": self.network.pool, "views": self.views, "reads_files": self.reads_files,
        }  # fmt: skip
        facts["input"] = asdict(self.network.input)
        (folder / "network.json").write_text(json.dumps(facts, indent=1))
        self.projection.save_parts(folder)

    @classmethod
    def load_parts(cls, folder: Path) -> PretrainedModel:
        """Read what `save_parts` wrote."""
        facts = json.loads((folder / "network.json").read_text())
        input_format = InputFormat(**facts["input"] | {"size": tuple(facts["input"]["size"])})
        network = STORED[facts["kind"]](folder, input_format, facts["pool"])
        projection = VectorModel.load_parts(folder)
        return cls(network, projection, facts.get("views", ["image"]), facts.get("reads_files"))


def _negative(images: Any) -> Any:
    return (np.uint8(255) if images.dtype == np.uint8 else np.float32(1)) - images


def _grey(images: Any) -> Any:
    return convert_channels(images, 1) if images.shape[3] == 3 else images


VIEWS: dict[str, Callable[[Any], Any]] = {
    "image": lambda images: images,
    "negative": _negative,
    "grey": _grey,
    "grey_negative": lambda images: _negative(_grey(images)),
}
"""What the network sees of images (n, h, w, c): features that are averaged over views ignore the difference."""


def encode_batches(network: Network, images: Any) -> Float:
    """Return the features of images (n, h, w, c) in batches; an empty array has the network's number of features.

    Raises:
        UserError: the features are not finite.
    """
    if not len(images):
        blank = np.zeros((1, *network.input.size, network.input.channels), np.uint8)
        return network.run(network.input.prepare(blank))[:0]
    batches = [network.run(network.input.prepare(images[i : i + BATCH])) for i in range(0, len(images), BATCH)]
    features = np.concatenate(batches)
    if not np.isfinite(features).all():
        raise UserError("model.encoder: the network returns values that are not finite; check model.mean and model.std")
    return features


def fit_pretrained(model: Model, train: Train, images: Images, observer: Observer = SILENT) -> PretrainedModel:
    """Return the encoder `model.encoder`, and the normalisation and components of its features of `train.split`.

    Nothing is trained. Statistics are those of at most 5,000 random images.

    Raises:
        UserError: the encoder cannot be read, its input does not suit, or it has fewer features than
            `model.latent_dim`.
    """
    require_images(images, model.name)
    network = load_network(model, observer)
    unfitted = PretrainedModel(network, VectorModel.identity(1), model.views)
    size = network.input.size
    if not images.folder and max(size) > max(images.shape[:2]):
        observer.note(
            f"model.image_size: images of {images.shape[1]}×{images.shape[0]} are enlarged to {size[1]}×{size[0]}, the "
            "size of the encoder; data.image_size=… keeps more detail of larger images"
        )
    pixels = open_image_files(images, train.split, size)
    require_part(len(pixels), train.split)
    rng = np.random.default_rng(train.seed)
    rows = np.sort(rng.choice(len(pixels), min(SAMPLE, len(pixels)), replace=False))
    is_fitted = model.latent_dim is not None or model.normalize in ("standard", "whiten")
    rows = rows if is_fitted else rows[:1]
    parts = []
    for start in range(0, len(rows), 4 * BATCH):
        parts.append(unfitted.features(pixels[rows[start : start + 4 * BATCH]]))
        observer.progress(min(start + 4 * BATCH, len(rows)), len(rows), "images")
    projection = fit_normalization(model, np.concatenate(parts), observer)
    return PretrainedModel(network, projection, model.views, reads_files=bool(images.folder))


def load_network(model: Model, observer: Observer) -> Network:
    """Return the network that `model.encoder` names.

    Raises:
        UserError: it names neither a network nor a file of a type that is read.
    """
    name = str(model.encoder)
    suffix = Path(name).suffix.lower()
    package = ".".join(name.split(".")[:2])
    loader = LOADERS.get(name) or LOADERS.get(package) or LOADERS.get(suffix)
    if loader is None:
        raise UserError(
            f"model.encoder = {name!r}: no such encoder; give efficientnet_lite0, keras.applications.NAME, or a .keras "
            "or .onnx file"
        )
    if suffix in LOADERS and not Path(name).expanduser().is_file():
        raise UserError(f"model.encoder = {name!r}: there is no such file")
    return loader(model, observer)


def _load_lite0(model: Model, observer: Observer) -> Network:
    with mute_stderr():  # importing TensorFlow writes to stderr
        from pipeline.models.pretrained.lite0 import load_lite0

    return load_lite0(model, observer)


def _load_application(model: Model, observer: Observer) -> Network:
    with mute_stderr():  # importing TensorFlow writes to stderr
        from pipeline.models.pretrained.keras_network import load_application

    return load_application(model, observer)


def _load_keras_file(model: Model, observer: Observer) -> Network:
    with mute_stderr():  # importing TensorFlow writes to stderr
        from pipeline.models.pretrained.keras_network import load_keras_file

    return load_keras_file(model, observer)


def _load_onnx_file(model: Model, observer: Observer) -> Network:
    with mute_stderr():  # importing TensorFlow writes to stderr
        from pipeline.models.pretrained.onnx_network import load_onnx_file

    return load_onnx_file(model, observer)


def _stored_keras(folder: Path, input_format: InputFormat, pool: Pool) -> Network:
    with mute_stderr():  # importing TensorFlow writes to stderr
        from pipeline.models.pretrained.keras_network import KerasNetwork

    return KerasNetwork.load(folder, input_format, pool)


def _stored_onnx(folder: Path, input_format: InputFormat, pool: Pool) -> Network:
    with mute_stderr():  # importing TensorFlow writes to stderr
        from pipeline.models.pretrained.onnx_network import OnnxNetwork

    return OnnxNetwork.load(folder, input_format, pool)


# Functions with imports in them, not import paths in strings: fingerprints follow imports.
LOADERS: dict[str, Callable[[Model, Observer], Network]] = {
    "efficientnet_lite0": _load_lite0,
    "keras.applications": _load_application,
    ".keras": _load_keras_file,
    ".onnx": _load_onnx_file,
}
"""The function that reads an encoder, by its name, its package, or the suffix of its file."""
STORED: dict[str, Callable[[Path, InputFormat, Pool], Network]] = {"keras": _stored_keras, "onnx": _stored_onnx}
"""The function that reads a network of a stored model, by its kind."""
