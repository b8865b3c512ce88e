"""Which backend Keras calculates with, told without importing it."""

from __future__ import annotations

import json
import os
from importlib.util import find_spec
from pathlib import Path

from pipeline.errors import UserError

BACKENDS = ("tensorflow", "jax")


def backend() -> str:
    """Return the name of Keras' backend: the variable KERAS_BACKEND, or Keras' own file of settings, or tensorflow.

    Raises:
        UserError: it is none of those that the networks train with here, or it is not installed.
    """
    folder = Path(os.environ.get("KERAS_HOME") or Path("~/.keras").expanduser())
    name, where = os.environ.get("KERAS_BACKEND"), "KERAS_BACKEND"
    if not name:
        name, where = _settled(folder / "keras.json"), f"backend in {folder / 'keras.json'}"
    if name not in BACKENDS:
        raise UserError(f"{where} = {name}: choose from {', '.join(BACKENDS)}")
    if find_spec(name) is None:
        raise UserError(f"{where} = {name}: it is not installed; pip install -e '.[{name}]', or choose tensorflow")
    return name


def _settled(file: Path) -> str:
    """What Keras' file of settings says; Keras itself passes by one that it cannot read."""
    try:
        return str(json.loads(file.read_text(encoding="utf-8")).get("backend", "tensorflow"))
    except (OSError, ValueError, AttributeError):
        return "tensorflow"
