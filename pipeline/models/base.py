"""What every model can do, whatever it is made of."""

from __future__ import annotations

import importlib
import json
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

from pipeline.artifacts.base import Artifact, Float, Pixel
from pipeline.quiet import muted

History = list[dict[str, float]]


class Autoencoder(Artifact, ABC):
    """Encodes images into flat latents and decodes latents into images.

    `bottleneck` is the shape of one code before it is flattened, such as (64,) or (7, 7, 2). `history` has a row of
    metrics per epoch of the training, `refinement` one per target of the refinement after it (step, kl, reconstruction
    where it was kept, changed); each is empty where there was none. `summary` is the layer table.
    """

    bottleneck: tuple[int, ...]
    history: History
    refinement: History
    summary: list[dict[str, Any]]

    @abstractmethod
    def encode(self, images: Pixel, batch_size: int = 2048) -> Float:
        """Map images (n, h, w, c), uint8 or float in [0, 1], to latents (n, d) float32."""

    @abstractmethod
    def decode(self, latents: Float, batch_size: int = 2048) -> Float:
        """Map latents (n, d) to images (n, h, w, c) float32, in [0, 1] up to what the decoder's last layer allows."""

    def reconstruct(self, images: Pixel, batch_size: int = 2048) -> Float:
        """Map images (n, h, w, c), uint8 or float in [0, 1], to their reconstructions (n, h, w, c) float32."""
        return self.decode(self.encode(images, batch_size), batch_size)

    @abstractmethod
    def save_parts(self, folder: Path) -> None:
        """Write what `load_parts` needs below `folder`."""

    @classmethod
    @abstractmethod
    def load_parts(cls, folder: Path) -> Autoencoder:
        """Read what `save_parts` wrote."""

    def save(self, folder: Path) -> None:
        """Write the model, and the name of its class, below `folder`."""
        folder.mkdir(parents=True, exist_ok=True)
        kind = f"{type(self).__module__}:{type(self).__qualname__}"
        facts = {"class": kind, "history": self.history, "refinement": self.refinement, "summary": self.summary}
        (folder / "artifact.json").write_text(json.dumps(facts, indent=1))
        self.save_parts(folder)

    @classmethod
    def load(cls, folder: Path) -> Autoencoder:
        """Read a model of any class that `save` wrote."""
        facts = json.loads((folder / "artifact.json").read_text())
        with muted():
            kind = _kind(facts["class"])
        model = kind.load_parts(folder)
        model.history, model.summary = facts["history"], facts["summary"]
        model.refinement = facts.get("refinement", [])  # a model registered before there was one has none
        return model

    @property
    def parameters(self) -> int:
        """Number of trained parameters."""
        return sum(int(row["parameters"]) for row in self.summary)

    def metrics(self) -> dict[str, float]:
        """Report the size, the last epoch's losses, and how a refinement ended."""
        found = {"model/parameters": float(self.parameters)}
        for part, history in (("reconstruction", self.history), ("refinement", self.refinement)):
            found |= {f"{part}/{name}": value for name, value in (history[-1] if history else {}).items()}
        return found


def _kind(name: str) -> type[Autoencoder]:
    """The class of this package that a file names; a file may come from anywhere, so it can name no other."""
    module, _, kind = name.partition(":")
    found = getattr(importlib.import_module(module), kind, None) if module.startswith("pipeline.") else None
    if not (isinstance(found, type) and issubclass(found, Autoencoder)):
        raise ValueError(f"{name} is no autoencoder of this package")
    return found
