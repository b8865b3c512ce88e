"""The backend of Keras, without importing Keras."""

from __future__ import annotations

import json
import os
from importlib.util import find_spec
from pathlib import Path

from pipeline.runtime.errors import UserError

BACKENDS = ("tensorflow", "jax")
DETERMINISTIC_XLA = "xla_gpu_deterministic_ops"


def keras_backend() -> str:
    """Return the backend: the variable KERAS_BACKEND, else the one in Keras' settings file, else tensorflow.

    Raises:
        UserError: the networks do not support it, or it is not installed.
    """
    folder = Path(os.environ.get("KERAS_HOME") or Path("~/.keras").expanduser())
    name, where = os.environ.get("KERAS_BACKEND"), "KERAS_BACKEND"
    if not name:
        name, where = _configured(folder / "keras.json"), f"backend in {folder / 'keras.json'}"
    if name not in BACKENDS:
        raise UserError(f"{where} = {name}: choose from {', '.join(BACKENDS)}")
    if find_spec(name) is None:
        raise UserError(f"{where} = {name}: it is not installed; pip install -e '.[{name}]', or choose tensorflow")
    return name


def make_xla_deterministic() -> None:
    """Make JAX repeat its bits on a GPU, unless XLA_FLAGS has its own choice; JAX reads it with its first operation.

    Without it XLA times several kernels in every process and keeps the fastest, and sums in no fixed order.
    """
    flags = os.environ.get("XLA_FLAGS", "")
    if DETERMINISTIC_XLA not in flags:
        os.environ["XLA_FLAGS"] = f"{flags} --{DETERMINISTIC_XLA}=true".strip()


def _configured(file: Path) -> str:
    """The backend in Keras' settings file; like Keras, ignore a file that cannot be read."""
    try:
        return str(json.loads(file.read_text(encoding="utf-8")).get("backend", "tensorflow"))
    except (OSError, ValueError, AttributeError):
        return "tensorflow"
