"""One shard from images to latents and clusters, on its own: what an engine's worker does."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from pipeline.artifacts.base import Float, Pixel
from pipeline.assign import Assigner
from pipeline.data.new_images import Shape
from pipeline.models.null import Pixels
from pipeline.sharded.files import read_facts, whole, write_parquet
from pipeline.sharded.shards import Shard

BATCH = 2048
"""As in stage assign: pieces of a multiple of it are computed in the very same batches."""


@dataclass(frozen=True)
class Extraction:
    """Where results go and what they are made with; `assigner` is the folder of a saved `Assigner`.

    A shard leaves `latents/NAME.npy`, (rows, d) float32, then `assigned/NAME.parquet`: image, cluster (−1 noise),
    confidence, distance, far. A shard is done when the second is there and names the same version of its file.
    """

    folder: Path
    assigner: Path
    shape: Shape
    skip_at_most: int = 0

    def latents(self, shard: Shard) -> Path:
        """The file of a shard's latents."""
        return self.folder / "latents" / f"{shard.name}.npy"

    def assigned(self, shard: Shard) -> Path:
        """The file of a shard's clusters."""
        return self.folder / "assigned" / f"{shard.name}.parquet"

    def facts(self, shard: Shard) -> dict[str, Any] | None:
        """What is known of a shard that is done (shard, images, far, clustered); None where it is not."""
        found = read_facts(self.assigned(shard))
        if found is None or found["version"] != _version(shard) or not self.latents(shard).exists():
            return None
        return {key: value for key, value in found.items() if key != "version"}

    def __call__(self, shard: Shard) -> None:
        """Do one shard.

        One thread searches for neighbours, so that the bits do not depend on how many there are; those that encode
        may be many, they never share a sum.

        Raises:
            UserError: it cannot be read, or its images are of another kind than the run's.
        """
        assigner = _loaded(self.assigner)
        pictures = shard.read(self.shape, self.skip_at_most)
        with threadpool_limits(1):
            latents, table = _assigned(assigner, pictures.pixels)
        table.insert(0, "image", pictures.names)
        with whole(self.latents(shard)) as part, part.open("wb") as file:
            np.save(file, latents)
        counts = {"far": int(table["far"].sum()), "clustered": int((table["cluster"] >= 0).sum())}
        facts = {"shard": shard.name, "images": len(table), **counts, "version": _version(shard)}
        write_parquet(table, self.assigned(shard), facts)


def _assigned(assigner: Assigner, pixels: Pixel) -> tuple[Float, pd.DataFrame]:
    """Latents (m, d) of images, and their table of clusters, batch by batch."""
    width = assigner.latents.fitted.shape[1]
    of_codes = replace(assigner, autoencoder=Pixels((width,)))  # the identity: what it is given is encoded already
    starts = range(0, max(len(pixels), 1), BATCH)
    codes = [assigner.autoencoder.encode(pixels[start : start + BATCH]) for start in starts]
    return np.concatenate(codes), pd.concat([of_codes(part) for part in codes], ignore_index=True)


def _version(shard: Shard) -> str:
    return f"{shard.version}-{shard.start}-{shard.stop}"


@lru_cache(maxsize=1)
def _loaded(folder: Path) -> Assigner:
    """The assigner, read once a process."""
    return Assigner.load(folder)
