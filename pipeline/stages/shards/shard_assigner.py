"""Encode and assign the images of one shard: the task of an engine's worker."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from pipeline.artifacts.base import Float, Pixel
from pipeline.data.new_images import ReadingRules, Shape
from pipeline.models.assigner import Assigner
from pipeline.runtime.atomic_files import atomic_write
from pipeline.stages.shards.parquet_metadata import read_parquet_metadata, write_parquet_with_metadata
from pipeline.stages.shards.shard import Shard

BATCH = 2048
"""The batch size of stage assign; shards whose sizes are multiples of it are computed in the same batches."""


_loading = threading.Lock()
"""Held while a thread loads the assigner, so that the other threads of the process wait and share it."""


@dataclass(frozen=True)
class ShardAssigner:
    """A picklable task that writes latents and clusters of a shard below `folder`.

    `assigner` is the folder of a saved `Assigner`, `shape` (h, w, c) that of the run's images, and `rules`
    how it read image files. A shard gets two files:
    `latents/NAME.npy`, (rows, d) float32, then `assigned/NAME.parquet` with the columns image, cluster (−1 for noise),
    confidence, distance and far. It is finished when the second exists and names the current version of its input.
    """

    folder: Path
    assigner: Path
    shape: Shape
    skip_at_most: int = 0
    rules: ReadingRules | None = None

    def latents_file(self, shard: Shard) -> Path:
        """Return the path of a shard's latents."""
        return self.folder / "latents" / f"{shard.name}.npy"

    def table_file(self, shard: Shard) -> Path:
        """Return the path of a shard's table of clusters."""
        return self.folder / "assigned" / f"{shard.name}.parquet"

    def finished(self, shard: Shard) -> dict[str, Any] | None:
        """Return name and counts of a finished shard (shard, images, far, clustered), None if it is not finished."""
        metadata = read_parquet_metadata(self.table_file(shard))
        if metadata is None or metadata["version"] != _version(shard) or not self.latents_file(shard).exists():
            return None
        return {key: value for key, value in metadata.items() if key != "version"}

    def __call__(self, shard: Shard) -> None:
        """Encode and assign one shard and write its two files.

        The neighbour search runs on one thread, so that results do not depend on the number of threads.

        Raises:
            UserError: the shard is not readable, or its images do not fit those of the run.
        """
        with _loading:
            assigner = _load_assigner(self.assigner)
        images = shard.read(self.shape, self.skip_at_most, self.rules)
        with threadpool_limits(1):
            latents, table = _assign_in_batches(assigner, images.pixels)
        table.insert(0, "image", images.names)
        with atomic_write(self.latents_file(shard)) as temporary, temporary.open("wb") as file:
            np.save(file, latents)
        counts = {"far": int(table["far"].sum()), "clustered": int((table["cluster"] >= 0).sum())}
        metadata = {"shard": shard.name, "images": len(table), **counts, "version": _version(shard)}
        write_parquet_with_metadata(table, self.table_file(shard), metadata)


def _assign_in_batches(assigner: Assigner, pixels: Pixel) -> tuple[Float, pd.DataFrame]:
    """Return the latents (m, d) of images (m, h, w, c) and their table of clusters."""
    starts = range(0, max(len(pixels), 1), BATCH)
    latents = [assigner.autoencoder.encode(pixels[start : start + BATCH]) for start in starts]
    tables = [assigner.assign_latents(batch) for batch in latents]
    return np.concatenate(latents), pd.concat(tables, ignore_index=True)


def _version(shard: Shard) -> str:
    return f"{shard.version}-{shard.start}-{shard.stop}"


@lru_cache(maxsize=1)
def _load_assigner(folder: Path) -> Assigner:
    """Load the assigner once per process."""
    return Assigner.load(folder)
