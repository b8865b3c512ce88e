"""The result of stage how_many."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from pipeline.stages.how_many.validity_indices import INDICES


@dataclass(frozen=True)
class HowManyResult:
    """The page, its figure (PNG), the values of the indices by k, and the number that each recommends.

    `n` is the number of images that the indices were computed on.
    """

    html: str
    figure: bytes
    table: pd.DataFrame
    recommendations: dict[str, int | None]
    n: int

    def save(self, folder: Path) -> list[str]:
        """Write how_many.html, .csv and .png; return the names written."""
        (folder / "how_many.html").write_text(self.html, encoding="utf-8")
        self.table.to_csv(folder / "how_many.csv", index=False, float_format="%.6g")
        (folder / "how_many.png").write_bytes(self.figure)
        return ["how_many.html", "how_many.csv", "how_many.png"]

    def metrics(self) -> dict[str, float]:
        """Return the number of clusters that each index recommends, for the tracking store."""
        metrics = {f"how_many/{name}": float(k) for name, k in self.recommendations.items() if k is not None}
        return metrics | {"how_many/images": float(self.n)}

    def summary_lines(self) -> list[str]:
        """Return the lines that are printed at the end: the recommendation of each index."""
        return [
            f"{INDICES[name].title:<15}{'no recommendation' if k is None else k}"
            for name, k in self.recommendations.items()
        ]
