"""What the question how many leaves."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from pipeline.counting.indices import INDICES


@dataclass(frozen=True)
class Count:
    """The page, its figure, the indices by number of clusters, and what each recommends."""

    html: str
    figure: bytes
    table: pd.DataFrame
    picks: dict[str, int | None]
    n: int

    def save(self, folder: Path) -> list[str]:
        """Write how_many.html, .csv and .png."""
        (folder / "how_many.html").write_text(self.html, encoding="utf-8")
        self.table.to_csv(folder / "how_many.csv", index=False, float_format="%.6g")
        (folder / "how_many.png").write_bytes(self.figure)
        return ["how_many.html", "how_many.csv", "how_many.png"]

    def metrics(self) -> dict[str, float]:
        """Numbers for the tracking store: the number that each index recommends, where it does."""
        found = {f"how_many/{name}": float(k) for name, k in self.picks.items() if k is not None}
        return found | {"how_many/images": float(self.n)}

    def facts(self) -> list[str]:
        """A line per index."""
        return [
            f"{INDICES[name].title:<15}{'no number in this range' if k is None else k}"
            for name, k in self.picks.items()
        ]
