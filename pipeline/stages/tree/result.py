"""The result of stage tree."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline.stages.tree.wording import describe_group

PRINTED = 5
"""At most so many merges are printed."""


@dataclass(frozen=True)
class TreeResult:
    """The page, its figure (PNG), the merges, the clusters' names, and the edits of the configured cut, if any."""

    html: str
    figure: bytes
    table: pd.DataFrame
    names: list[str]
    edits: dict[str, Any] | None = None

    def save(self, folder: Path) -> list[str]:
        """Write tree.html, .csv and .png, and edits.json of the configured cut; return the names written."""
        (folder / "tree.html").write_text(self.html, encoding="utf-8")
        self.table.to_csv(folder / "tree.csv", index=False, float_format="%.6g")
        (folder / "tree.png").write_bytes(self.figure)
        if self.edits is None:
            return ["tree.html", "tree.csv", "tree.png"]
        (folder / "edits.json").write_text(json.dumps(self.edits, indent=1), encoding="utf-8")
        return ["tree.html", "tree.csv", "tree.png", "edits.json"]

    def metrics(self) -> dict[str, float]:
        """Return the number of clusters and the heights of the first and the last merge, for the tracking store."""
        heights = self.table["height"]
        return {
            "tree/clusters": float(len(self.names)),
            "tree/lowest_height": float(heights.iloc[0]),
            "tree/greatest_height": float(heights.iloc[-1]),
        }

    def summary_lines(self) -> list[str]:
        """Return the lines that are printed at the end: the first merges, and what to do."""
        lines = [self._describe_merge(index) for index in range(min(PRINTED, len(self.table)))]
        if self.edits is None:
            return [*lines, "cut the tree on the page, save edits.json, and apply it with stage=edit edits=edits.json"]
        return [*lines, "apply the merges with stage=edit edits=FILE, where FILE is this edits.json:"]

    def _describe_merge(self, index: int) -> str:
        row = self.table.iloc[index]
        first, second = (describe_group(self._members(int(row[side])), self.names) for side in ("first", "second"))
        groups = f"{row['groups']:>3} group{'s' if row['groups'] > 1 else ' '}"
        return f"{groups} after merging {first} and {second} at height {row['height']:.3g}"

    def _members(self, node: int) -> list[int]:
        k = len(self.names)
        return [node] if node < k else [int(cluster) for cluster in self.table["members"].iloc[node - k].split()]
