"""The result of stage stability."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from pipeline.pages.tables import write_table


@dataclass(frozen=True)
class StabilityResult:
    """The page, its figure (PNG), and three tables: a row per source of variation, per cluster, and per image."""

    html: str
    figure: bytes
    sources: pd.DataFrame
    clusters: pd.DataFrame
    images: pd.DataFrame

    def save(self, folder: Path) -> list[str]:
        """Write stability.html and .png, consensus.csv and .parquet, sources.csv, clusters.csv; return the names."""
        (folder / "stability.html").write_text(self.html, encoding="utf-8")
        (folder / "stability.png").write_bytes(self.figure)
        written = ["stability.html", *write_table(self.images, folder, "consensus"), "stability.png"]
        for name, table in (("sources", self.sources), ("clusters", self.clusters)):
            table.to_csv(folder / f"{name}.csv", index=False, float_format="%.6g")
            written.append(f"{name}.csv")
        return written

    def metrics(self) -> dict[str, float]:
        """Return ARI and Jaccard by source, and the agreement of the repeats over images, for the tracking store."""
        metrics = {
            "stability/agreement": float(self.images["agreement"].mean()),
            "stability/unanimous": float((self.images["agreement"] == 1).mean()),
            "stability/changed": float((self.images["consensus"] != self.images["cluster"]).mean()),
        }
        for row in self.sources.to_dict("records"):
            prefix = f"stability/{row['source']}"
            scores = {name: float(row[name]) for name in ("ari", "ari_sd", "ari_to_run")}
            metrics |= {f"{prefix}_{name}": value for name, value in scores.items() if not math.isnan(value)}
            jaccard = self.clusters[f"jaccard_{row['source']}"]
            if len(jaccard):
                metrics[f"{prefix}_jaccard"] = float(jaccard.mean())
                metrics[f"{prefix}_worst_jaccard"] = float(jaccard.min())
        return metrics

    def summary_lines(self) -> list[str]:
        """Return the lines that are printed at the end."""
        lines = [
            f"{row['source']:<12}ARI {row['ari']:.4f} between repeats, {row['ari_to_run']:.4f} with the run"
            for row in self.sources.to_dict("records")
        ]
        unanimous = int((self.images["agreement"] == 1).sum())
        return [*lines, f"agreement   all repeats agree on {unanimous:,} of {len(self.images):,} images"]
