"""What a study of stability leaves."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from pipeline.tables import write_table


@dataclass(frozen=True)
class Stable:
    """The page, its figure, and three tables: a row per source, per cluster, and per image."""

    html: str
    figure: bytes
    sources: pd.DataFrame
    clusters: pd.DataFrame
    images: pd.DataFrame

    def save(self, folder: Path) -> list[str]:
        """Write stability.html and .png, consensus.csv and .parquet, sources.csv and clusters.csv."""
        (folder / "stability.html").write_text(self.html, encoding="utf-8")
        (folder / "stability.png").write_bytes(self.figure)
        written = ["stability.html", *write_table(self.images, folder, "consensus"), "stability.png"]
        for name, table in (("sources", self.sources), ("clusters", self.clusters)):
            table.to_csv(folder / f"{name}.csv", index=False, float_format="%.6g")
            written.append(f"{name}.csv")
        return written

    def metrics(self) -> dict[str, float]:
        """Numbers for the tracking store: by source the mean ARI and Jaccard, and what the images' votes say."""
        found = {"stability/agreement": float(self.images["agreement"].mean())}
        found["stability/unanimous"] = float((self.images["agreement"] == 1).mean())
        found["stability/changed"] = float((self.images["consensus"] != self.images["cluster"]).mean())
        for row in self.sources.to_dict("records"):
            stable = self.clusters[f"jaccard_{row['source']}"]
            found |= {f"stability/{row['source']}_{name}": float(row[name]) for name in ("ari", "ari_sd", "ari_to_run")}
            if len(stable):
                found[f"stability/{row['source']}_jaccard"] = float(stable.mean())
                found[f"stability/{row['source']}_worst_jaccard"] = float(stable.min())
        return found

    def facts(self) -> list[str]:
        """A line per source, and how many images all repeats agree on."""
        lines = [
            f"{row['source']:<12}ARI {row['ari']:.4f} between repeats, {row['ari_to_run']:.4f} to the run"
            for row in self.sources.to_dict("records")
        ]
        same = int((self.images["agreement"] == 1).sum())
        return [*lines, f"agreement   all repeats agree on {same:,} of {len(self.images):,} images"]
