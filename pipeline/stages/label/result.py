"""The result of stage label."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from pipeline.pages.formats import format_spread
from pipeline.pages.tables import write_table
from pipeline.runtime.counts import count_words
from pipeline.stages.label.simulation import STRATEGIES, summarize_simulation


@dataclass(frozen=True)
class LabelResult:
    """The label page and its tables.

    `picked` lists the images on the page: the `n_answers` that have an answer, then those to label. `labels` has a row
    per image and is None while there are no answers. `simulation` is the table of `simulate_labelling` and `figure` its
    PNG, where labels are known.
    """

    html: str
    picked: pd.DataFrame
    labels: pd.DataFrame | None = None
    simulation: pd.DataFrame | None = None
    figure: bytes = b""
    n_answers: int = 0

    @property
    def n_picked(self) -> int:
        """The number of images to label."""
        return len(self.picked) - self.n_answers

    def save(self, folder: Path) -> list[str]:
        """Write label.html, picked.csv, labels.csv and .parquet, simulation.csv and .png; return the names written."""
        (folder / "label.html").write_text(self.html, encoding="utf-8")
        self.picked.to_csv(folder / "picked.csv", index=False)
        written = ["label.html", "picked.csv"]
        if self.labels is not None:
            written += write_table(self.labels, folder, "labels")
        if self.simulation is not None and self.figure:
            self.simulation.to_csv(folder / "simulation.csv", index=False)
            (folder / "simulation.png").write_bytes(self.figure)
            written += ["simulation.csv", "simulation.png"]
        return written

    def metrics(self) -> dict[str, float]:
        """Return the numbers of picked and labelled images and the simulated accuracies, for the tracking store."""
        metrics = {"label/picked": float(self.n_picked)}
        if self.labels is not None:
            metrics |= {
                "label/by_hand": float(self.labels["by_hand"].sum()),
                "label/labelled": float((self.labels["label"] != "").sum()),
                "label/mean_confidence": float(self.labels["confidence"].mean()),
            }
        if self.simulation is not None and len(self.simulation):
            for row in summarize_simulation(self.simulation).to_dict("records"):
                budget = f"{row['budget']:.0f}"
                metrics |= {f"label/{strategy}_{budget}": float(row[strategy]) for strategy in STRATEGIES}
        return metrics

    def summary_lines(self) -> list[str]:
        """Return the lines that are printed at the end."""
        lines = [f"picked   {count_words(self.n_picked, 'image', 'images')} to label"]
        if self.labels is not None:
            by_hand, labelled = int(self.labels["by_hand"].sum()), int((self.labels["label"] != "").sum())
            lines.append(f"labels   {labelled:,} of {len(self.labels):,} images have a label, {by_hand:,} by hand")
        if self.simulation is not None and len(self.simulation):
            lines += [
                f"accuracy with {row['budget']:>5,.0f} labels: "
                f"{format_spread(row['picked'], row['picked_sd'])} picked, "
                f"{format_spread(row['random'], row['random_sd'])} random"
                for row in summarize_simulation(self.simulation).to_dict("records")
            ]
        return lines
