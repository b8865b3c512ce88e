"""The base class of all artifacts: dataclass fields that are checked, saved to a folder and loaded again."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from pipeline.artifacts.migration import current_fields
from pipeline.runtime.array_files import map_array

Float = NDArray[np.float32]
Int = NDArray[np.int32]
Pixel = NDArray[np.uint8] | NDArray[np.float32]


class Artifact:
    """The result of a stage: a dataclass that can be saved to a folder and loaded from it."""

    def save(self, folder: Path) -> None:
        """Write the artifact to `folder`."""
        self.save_fields(folder)

    def save_fields(self, folder: Path) -> None:
        """Write every field to `folder`: arrays as `<field>.npy`, all others as `artifact.json`."""
        folder.mkdir(parents=True, exist_ok=True)
        values: dict[str, Any] = {}
        for item in fields(self):  # type: ignore[arg-type]
            value = getattr(self, item.name)
            if isinstance(value, np.ndarray):
                np.save(folder / f"{item.name}.npy", value)
            else:
                values[item.name] = value
        (folder / "artifact.json").write_text(json.dumps(values, indent=1, sort_keys=True))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote, also in an earlier version; arrays are memory-mapped and read-only.

        Raises:
            OSError: a file is missing.
            ValueError: a file is damaged, or the values violate the artifact's checks.
        """
        values = current_fields(cls.__name__, json.loads((folder / "artifact.json").read_text()))
        for item in fields(cls):  # type: ignore[arg-type]
            path = folder / f"{item.name}.npy"
            if path.exists():
                values[item.name] = map_array(path)
        return cls(**values)

    def metrics(self) -> dict[str, float]:
        """Return the numbers to log as metrics by name; none by default."""
        return {}


def require(condition: bool, message: str) -> None:
    """Raise a `ValueError` with this message unless the condition holds."""
    if not condition:
        raise ValueError(message)
