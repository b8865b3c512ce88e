"""What a comparison leaves."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd


@dataclass(frozen=True)
class Comparison:
    """The page, the images that moved, and the agreement of the two runs."""

    html: str
    moved: pd.DataFrame
    agreement: dict[str, float]

    def save(self, folder: Path) -> list[str]:
        """Write compare.html and moved.csv."""
        (folder / "compare.html").write_text(self.html, encoding="utf-8")
        self.moved.to_csv(folder / "moved.csv", index=False, float_format="%.6g")
        return ["compare.html", "moved.csv"]

    def metrics(self) -> dict[str, float]:
        """Numbers for the tracking store."""
        return self.agreement

    def facts(self) -> list[str]:
        """How many images stayed where they were."""
        share, count = self.agreement["compare/stayed"], int(self.agreement["compare/images"])
        return [f"compared {count:,} images: {share:.2%} stayed in their cluster, {len(self.moved):,} moved"]
