"""The result of stage shards."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.pages.tables import write_table
from pipeline.stages.shards.kmeans import KMeansCentres

LISTED_SIZES = 12
"""At most so many cluster sizes are printed."""


@dataclass(frozen=True)
class ShardsResult:
    """A row per shard (shard, images, far, clustered), and the result of k-means where it was requested.

    `folder` holds the files of the shards; `reused` is the number of shards that were finished before, and
    `images_per_second` the rate of the others, None if there were none.
    """

    table: pd.DataFrame
    folder: Path
    reused: int
    images_per_second: float | None
    kmeans: KMeansCentres | None

    def save(self, folder: Path) -> list[str]:
        """Write shards.csv and .parquet, and centres.npy (k, d) float64 of k-means; return the names written."""
        written = write_table(self.table, folder, "shards")
        if self.kmeans is not None:
            np.save(folder / "centres.npy", self.kmeans.centres)
            written.append("centres.npy")
        return written

    def metrics(self) -> dict[str, float]:
        """Return counts, shares and the inertia of k-means, for the tracking store."""
        images = float(self.table["images"].sum())
        metrics = {f"shards/{name}": float(self.table[name].sum()) / max(images, 1) for name in ("far", "clustered")}
        metrics |= {
            "shards/shards": float(len(self.table)),
            "shards/images": images,
            "shards/reused": float(self.reused),
        }
        if self.images_per_second is not None:
            metrics["shards/images_per_second"] = self.images_per_second
        if self.kmeans is not None:
            metrics |= {"shards/inertia": self.kmeans.inertia, "shards/iterations": float(self.kmeans.iterations)}
        return metrics

    def summary_lines(self) -> list[str]:
        """Return the lines that are printed at the end."""
        images, far = int(self.table["images"].sum()), int(self.table["far"].sum())
        reused = f", {self.reused:,} of them reused" if self.reused else ""
        rate = "" if self.images_per_second is None else f"; {self.images_per_second:,.0f} images per second"
        lines = [
            f"assigned {images:,} images in {len(self.table):,} shards{reused}{rate}",
            f"far      {far:,} images are far from all fitted images",
        ]
        if self.kmeans is not None:
            sizes = ", ".join(f"{size:,}" for size in self.kmeans.counts[:LISTED_SIZES])
            k, passes = len(self.kmeans.counts), self.kmeans.iterations
            more = ", …" if k > LISTED_SIZES else ""
            lines.append(f"k-means  {k:,} clusters after {passes:,} passes, sizes {sizes}{more}")
        return [*lines, f"files    {self.folder}"]
