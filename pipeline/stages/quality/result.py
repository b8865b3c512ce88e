"""The result of stage quality."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline.pages.tables import write_table
from pipeline.stages.quality.wording import summarize_counts


@dataclass(frozen=True)
class QualityResult:
    """The page, the table with a row per image, the images to keep, and the number of images of each finding.

    `edits` marks the other images for removal, in the format of stage edit.
    """

    html: str
    table: pd.DataFrame
    keep: pd.DataFrame
    edits: Mapping[str, Any]
    counts: Mapping[str, float]

    def save(self, folder: Path) -> list[str]:
        """Write the page, quality.csv and .parquet, keep.csv and remove_duplicates.json; return the names written."""
        (folder / "quality.html").write_text(self.html, encoding="utf-8")
        tables = write_table(self.table, folder, "quality")
        self.keep.to_csv(folder / "keep.csv", index=False)
        edits = json.dumps(self.edits, indent=1, ensure_ascii=False)
        (folder / "remove_duplicates.json").write_text(edits, encoding="utf-8")
        return ["quality.html", *tables, "keep.csv", "remove_duplicates.json"]

    def metrics(self) -> dict[str, float]:
        """Return the counts, for the tracking store."""
        return dict(self.counts)

    def summary_lines(self) -> list[str]:
        """Return the lines that are printed at the end."""
        return [f"quality  {line}" for line in summarize_counts(self.counts, len(self.table))]
