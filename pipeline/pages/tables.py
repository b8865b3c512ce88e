"""Write result tables as CSV and Parquet."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from pipeline.pages.formats import cluster_name, cluster_title
from pipeline.runtime.counts import count_words

MAX_LISTED = 12
"""Clusters listed by size in the printed summary."""


def write_table(table: pd.DataFrame, folder: Path, name: str) -> list[str]:
    """Write `name`.csv with six significant digits and `name`.parquet with full precision; return the file names."""
    table.to_csv(folder / f"{name}.csv", index=False, float_format="%.6g")
    table.to_parquet(folder / f"{name}.parquet", index=False)
    return [f"{name}.csv", f"{name}.parquet"]


@dataclass(frozen=True)
class AssignedTable:
    """Cluster assignments of new images.

    `table` has one row per image and the columns image, cluster (−1 for noise), confidence in [0, 1], distance to the
    nearest fitted image in the latent space, and far, which marks images unlike all fitted ones. If the run has a map,
    x and y are the coordinates on it. The names of the clusters are in the column `name` if they have any.
    """

    table: pd.DataFrame

    def save(self, folder: Path) -> list[str]:
        """Write assigned.csv and assigned.parquet; return the file names."""
        return write_table(self.table, folder, "assigned")

    def metrics(self) -> dict[str, float]:
        """Return the metrics to log: number of images, shares of far and of clustered ones, mean confidence."""
        clustered = self.table["cluster"] >= 0
        return {
            "assign/images": float(len(self.table)),
            "assign/far": float(self.table["far"].mean()),
            "assign/coverage": float(clustered.mean()),
            "assign/mean_confidence": float(self.table["confidence"].mean()),
        }

    def summary_lines(self) -> list[str]:
        """Return the lines to print: number of images per cluster, and number of images far from all fitted ones."""
        sizes = self.table["cluster"].value_counts()
        rows = list(zip(sizes.index.to_list(), sizes.to_list(), strict=True))[:MAX_LISTED]
        listed = ", ".join(f"{self._cluster_name(int(cluster))} {size:,}" for cluster, size in rows)
        more = f", and {len(sizes) - MAX_LISTED} more clusters" if len(sizes) > MAX_LISTED else ""
        return [
            f"assigned {count_words(len(self.table), 'image', 'images')}: {listed}{more}",
            f"far      {int(self.table['far'].sum()):,} of them are far from all fitted images",
        ]

    def _cluster_name(self, cluster: int) -> str:
        if "name" not in self.table:
            return cluster_name(cluster)
        return cluster_title(cluster, self.table.loc[self.table["cluster"] == cluster, "name"].iloc[0])
