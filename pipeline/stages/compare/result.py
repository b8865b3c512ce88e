"""The result of stage compare."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd


@dataclass(frozen=True)
class CompareResult:
    """The page, a row per image that moved to another cluster, and the agreement of the two runs."""

    html: str
    moved: pd.DataFrame
    agreement: dict[str, float]

    def save(self, folder: Path) -> list[str]:
        """Write compare.html and moved.csv; return the names written."""
        (folder / "compare.html").write_text(self.html, encoding="utf-8")
        self.moved.to_csv(folder / "moved.csv", index=False, float_format="%.6g")
        return ["compare.html", "moved.csv"]

    def metrics(self) -> dict[str, float]:
        """Return the agreement of the two runs, for the tracking store."""
        return self.agreement

    def summary_lines(self) -> list[str]:
        """Return the line that is printed at the end."""
        share, count = self.agreement["compare/stayed"], int(self.agreement["compare/images"])
        return [f"compared {count:,} images: {share:.2%} stayed in their cluster, {len(self.moved):,} moved"]
