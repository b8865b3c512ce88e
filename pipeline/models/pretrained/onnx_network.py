"""An ONNX file as a pretrained network, run by ONNX Runtime on the CPU."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from pipeline.artifacts.base import Float
from pipeline.config import Model
from pipeline.models.pretrained.input_shape import check_scaling, read_input_shape
from pipeline.models.pretrained.network import (
    IMAGENET_MEAN,
    IMAGENET_STD,
    InputFormat,
    Network,
    Pool,
    pool_features,
)
from pipeline.runtime.errors import UserError, first_line
from pipeline.runtime.observer import Observer

DTYPES = {
    "tensor(float)": "float32",
    "tensor(float16)": "float16",
    "tensor(double)": "float64",
    "tensor(uint8)": "uint8",
}
EMBEDDINGS = ("image_embeds", "pooler_output", "embedding", "embeddings", "features")
"""Names of outputs that are one vector per image, the best first."""


class OnnxNetwork(Network):
    """An ONNX model, one output of which is pooled to a row per image."""

    kind: ClassVar[str] = "onnx"

    def __init__(self, content: bytes, output: str, input_format: InputFormat, pool: Pool = "avg") -> None:
        self.content, self.output, self.input, self.pool = content, output, input_format, pool
        self.session = _open(content)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the arguments, because a session cannot be pickled."""
        return type(self), (self.content, self.output, self.input, self.pool)

    def run(self, batch: NDArray[Any]) -> Float:
        """Map a batch to features (n, d)."""
        name = self.session.get_inputs()[0].name
        (features,) = self.session.run([self.output], {name: batch})
        return pool_features(features, self.pool, self.input.channels_first)

    def save(self, folder: Path) -> None:
        """Write the model and the name of its output."""
        (folder / "network.onnx").write_bytes(self.content)
        (folder / "output.txt").write_text(self.output, encoding="utf-8")

    @classmethod
    def load(cls, folder: Path, input_format: InputFormat, pool: Pool) -> OnnxNetwork:
        """Read what `save` wrote."""
        output = (folder / "output.txt").read_text(encoding="utf-8")
        return cls((folder / "network.onnx").read_bytes(), output, input_format, pool)

    @property
    def parameters(self) -> int:
        """0: ONNX Runtime does not tell."""
        return 0


def load_onnx_file(settings: Model, observer: Observer) -> OnnxNetwork:
    """Return the network in the file `settings.encoder`, with its output or intermediate value `settings.layer`.

    The shape of its first input gives size and layout. Inputs of bytes get pixels from 0 to 255; others get
    (pixels − mean) / std with `settings.mean` and `settings.std`, or those of ImageNet, which a note says.

    Raises:
        UserError: ONNX Runtime is not installed, the file is not a model that it can read, or its input or output does
            not suit.
    """
    path = Path(str(settings.encoder)).expanduser()
    try:
        content = path.read_bytes()
        content = content if settings.layer is None else _add_output(content, settings.layer)
        session = _open(content)
    except ImportError as error:
        raise UserError(f"model.encoder: {path.name} needs ONNX Runtime; run: pip install -e '.[onnx]'") from error
    except UserError:
        raise
    except Exception as error:  # ONNX Runtime has its own errors, and the file may hold anything
        raise UserError(f"model.encoder: {path} is not an ONNX model that can be read: {first_line(error)}") from error
    first, *others = session.get_inputs()
    if others:
        names = ", ".join(item.name for item in session.get_inputs())
        raise UserError(f"model.encoder: {path.name} takes several inputs ({names}); export only the part for images")
    size, channels, is_first = read_input_shape(tuple(first.shape), settings)
    output = settings.layer or _choose_output(session.get_outputs(), observer)
    dtype = DTYPES.get(first.type)
    if dtype is None:
        raise UserError(f"model.encoder: {path.name} takes inputs of type {first.type}; export it for float32")
    mean, std = _scaling(settings, dtype, channels, path.name, observer)
    scaling = InputFormat.standardized(size, mean, std, channels_first=is_first, dtype=dtype)
    return OnnxNetwork(content, output, scaling, settings.pool)


def _scaling(
    settings: Model, dtype: str, channels: int, name: str, observer: Observer
) -> tuple[list[float], list[float]]:
    """Mean and standard deviation by which pixels in [0, 1] are standardised."""
    if settings.mean is not None:
        mean, std = settings.mean, settings.std or [1.0] * channels
        check_scaling(mean, std, channels)
        return mean, std
    if dtype == "uint8":
        return [0.0] * channels, [1 / 255] * channels
    observer.note(
        f"model.mean: {name} does not say how pixels are scaled; the mean and deviation of ImageNet are used, "
        "model.mean=[…] and model.std=[…] set others"
    )
    if channels == 1:
        return [float(np.mean(IMAGENET_MEAN))], [float(np.mean(IMAGENET_STD))]
    return list(IMAGENET_MEAN), list(IMAGENET_STD)


def _open(content: bytes) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])


def _choose_output(outputs: list[Any], observer: Observer) -> str:
    """The output that is a vector per image by its name or its rank, or else the first; a note names the others."""
    names = [output.name for output in outputs]
    vectors = [output.name for output in outputs if len(output.shape) == 2]
    chosen = next((name for name in EMBEDDINGS if name in names), (vectors or names)[0])
    if len(names) > 1:
        observer.note(
            f"model.layer: {chosen} is used of the outputs {', '.join(names)}; model.layer=NAME takes another"
        )
    return str(chosen)


def _add_output(content: bytes, name: str) -> bytes:
    """The model with the intermediate value `name` among its outputs."""
    import onnx

    model = onnx.load_model_from_string(content)
    if name in {output.name for output in model.graph.output}:
        return content
    values = [value for node in model.graph.node for value in node.output]
    if name not in values:
        raise UserError(
            f"model.layer = {name!r}: the network has no such value; its last are {', '.join(values[-10:])}"
        )
    del model.graph.output[:]
    model.graph.output.append(onnx.ValueInfoProto(name=name))
    return bytes(model.SerializeToString())
