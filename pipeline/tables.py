"""Tables that a person takes away, as CSV and Parquet."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd


def write_table(table: pd.DataFrame, folder: Path, name: str) -> list[str]:
    """Write `name`.csv, numbers with six digits, and `name`.parquet, exact; return the two file names."""
    table.to_csv(folder / f"{name}.csv", index=False, float_format="%.6g")
    table.to_parquet(folder / f"{name}.parquet", index=False)
    return [f"{name}.csv", f"{name}.parquet"]


@dataclass(frozen=True)
class Assigned:
    """A row per new image: image, cluster, confidence, distance, far."""

    table: pd.DataFrame

    def save(self, folder: Path) -> list[str]:
        """Write assigned.csv and assigned.parquet."""
        return write_table(self.table, folder, "assigned")

    def metrics(self) -> dict[str, float]:
        """Numbers for the tracking store."""
        clustered = self.table["cluster"] >= 0
        return {
            "assign/images": float(len(self.table)),
            "assign/far": float(self.table["far"].mean()),
            "assign/coverage": float(clustered.mean()),
            "assign/mean_confidence": float(self.table["confidence"].mean()),
        }

    def facts(self) -> list[str]:
        """How many went where, and how many are far from everything that was fitted."""
        sizes = self.table["cluster"].value_counts()
        names = ["noise" if cluster < 0 else f"c{cluster}" for cluster in sizes.index]
        largest = ", ".join(f"{name} {size:,}" for name, size in list(zip(names, sizes, strict=True))[:12])
        far = int(self.table["far"].sum())
        more = f", and {len(sizes) - 12} more clusters" if len(sizes) > 12 else ""
        return [
            f"assigned {len(self.table):,} images: {largest}{more}",
            f"far      {far:,} of them are far from everything that was fitted",
        ]
