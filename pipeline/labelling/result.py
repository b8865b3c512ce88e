"""What labelling leaves: the page, the picks, and where a person has answered, the finished label file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from pipeline.labelling.simulate import summary
from pipeline.tables import write_table


@dataclass(frozen=True)
class Labelling:
    """The labelling page and its tables; `labels` is None until a person has answered."""

    html: str
    picked: pd.DataFrame
    labels: pd.DataFrame | None = None
    simulated: pd.DataFrame | None = None
    figure: bytes = b""

    def save(self, folder: Path) -> list[str]:
        """Write label.html, picked.csv, labels.csv and .parquet, simulation.csv and .png; return what was written."""
        (folder / "label.html").write_text(self.html, encoding="utf-8")
        self.picked.to_csv(folder / "picked.csv", index=False)
        written = ["label.html", "picked.csv"]
        if self.labels is not None:
            written += write_table(self.labels, folder, "labels")
        if self.simulated is not None and self.figure:
            self.simulated.to_csv(folder / "simulation.csv", index=False)
            (folder / "simulation.png").write_bytes(self.figure)
            written += ["simulation.csv", "simulation.png"]
        return written

    def metrics(self) -> dict[str, float]:
        """Numbers for the tracking store: how many were picked and labelled, and the simulated accuracies."""
        found = {"label/picked": float(len(self.picked))}
        if self.labels is not None:
            found |= {
                "label/by_hand": float(self.labels["by_hand"].sum()),
                "label/labelled": float((self.labels["label"] != "").sum()),
                "label/mean_confidence": float(self.labels["confidence"].mean()),
            }
        if self.simulated is not None and len(self.simulated):
            for row in summary(self.simulated).to_dict("records"):
                found |= {f"label/{way}_{row['budget']:.0f}": float(row[way]) for way in ("picked", "random")}
        return found

    def facts(self) -> list[str]:
        """What a person should read at the end, a line each."""
        lines = [f"picked   {len(self.picked):,} images to label"]
        if self.labels is not None:
            hand, all_ = int(self.labels["by_hand"].sum()), int((self.labels["label"] != "").sum())
            lines.append(f"labels   {all_:,} of {len(self.labels):,} images have one, {hand:,} of them from your hand")
        if self.simulated is not None and len(self.simulated):
            lines += [
                f"         with {row['budget']:>5,.0f} labels: {row['picked']:.4f} ± {row['picked_sd']:.4f} picked, "
                f"{row['random']:.4f} ± {row['random_sd']:.4f} at random"
                for row in summary(self.simulated).to_dict("records")
            ]
        return lines
