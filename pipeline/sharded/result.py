"""What is left in the run's own folder after a job over shards: a row a shard, the centres, and where the rest lies."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.sharded.kmeans import Centres
from pipeline.tables import write_table


@dataclass(frozen=True)
class Sharded:
    """A row per shard: shard, images, far, clustered; `folder` holds the shards' own files.

    `again` of them were there already. `kmeans` are the centres, where they were asked for.
    """

    table: pd.DataFrame
    folder: Path
    again: int
    kmeans: Centres | None

    def save(self, folder: Path) -> list[str]:
        """Write shards.csv and .parquet, and centres.npy (k, d) float64 where k-means was asked for."""
        written = write_table(self.table, folder, "shards")
        if self.kmeans is not None:
            np.save(folder / "centres.npy", self.kmeans.centres)
            written.append("centres.npy")
        return written

    def metrics(self) -> dict[str, float]:
        """Numbers for the tracking store."""
        images = float(self.table["images"].sum())
        found = {f"shards/{name}": float(self.table[name].sum()) / max(images, 1) for name in ("far", "clustered")}
        found |= {"shards/shards": float(len(self.table)), "shards/images": images, "shards/reused": float(self.again)}
        if self.kmeans is not None:
            found |= {"shards/inertia": self.kmeans.inertia, "shards/iterations": float(self.kmeans.iterations)}
        return found

    def facts(self) -> list[str]:
        """How many images there are, how many are far, and where everything lies."""
        images, far = int(self.table["images"].sum()), int(self.table["far"].sum())
        reused = f", {self.again:,} of them done before" if self.again else ""
        lines = [
            f"assigned {images:,} images in {len(self.table):,} shards{reused}",
            f"far      {far:,} of them are far from everything that was fitted",
        ]
        if self.kmeans is not None:
            sizes = ", ".join(f"{size:,}" for size in self.kmeans.counts[:12])
            passes = self.kmeans.iterations
            lines.append(f"k-means  {len(self.kmeans.counts)} clusters after {passes} passes: {sizes}")
        return [*lines, f"files    {self.folder}"]
