"""What an artifact is: dataclass fields that are saved to a folder, loaded from it, and checked."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float32]
Int = NDArray[np.int32]
Pixel = NDArray[np.uint8] | NDArray[np.float32]


class Artifact:
    """What a stage gives: dataclass fields that know their way to a folder and back."""

    def save(self, folder: Path) -> None:
        """Write the artifact below `folder`."""
        self.save_fields(folder)

    def save_fields(self, folder: Path) -> None:
        """Write every field below `folder`: arrays as `<field>.npy`, the rest as `artifact.json`."""
        folder.mkdir(parents=True, exist_ok=True)
        rest: dict[str, Any] = {}
        for item in fields(self):  # type: ignore[arg-type]
            value = getattr(self, item.name)
            if isinstance(value, np.ndarray):
                np.save(folder / f"{item.name}.npy", value)
            else:
                rest[item.name] = value
        (folder / "artifact.json").write_text(json.dumps(rest, indent=1, sort_keys=True))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote; arrays come back memory-mapped and read-only."""
        values = json.loads((folder / "artifact.json").read_text())
        for item in fields(cls):  # type: ignore[arg-type]
            stored = folder / f"{item.name}.npy"
            if stored.exists():
                values[item.name] = np.load(stored, mmap_mode="r", allow_pickle=False)
        return cls(**values)

    def metrics(self) -> dict[str, float]:
        """Numbers worth a column in the tracking store; none by default."""
        return {}


def check(condition: bool, message: str) -> None:
    """Raise a `ValueError` with this message unless the condition holds."""
    if not condition:
        raise ValueError(message)
