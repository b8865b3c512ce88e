"""The result of stage search."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from pipeline.pages.formats import cluster_title

LISTED = 5
"""Queries of which the nearest image is printed."""


@dataclass(frozen=True)
class SearchResult:
    """The page, and the table with the `k` nearest images of each of the `queries`, in the order of the queries."""

    html: str
    table: pd.DataFrame
    queries: int
    k: int

    def save(self, folder: Path) -> list[str]:
        """Write search.html and search.csv; return their names."""
        (folder / "search.html").write_text(self.html, encoding="utf-8")
        self.table.to_csv(folder / "search.csv", index=False, float_format="%.6g")
        return ["search.html", "search.csv"]

    def metrics(self) -> dict[str, float]:
        """Return the number of queries, and the mean distances to the first and to the last neighbour."""
        distance = self.table.groupby("rank")["distance"].mean()
        return {
            "search/queries": float(self.queries),
            "search/mean_first_distance": float(distance.iloc[0]),
            "search/mean_last_distance": float(distance.iloc[-1]),
        }

    def summary_lines(self) -> list[str]:
        """Return the lines that are printed at the end: the nearest image of the first queries."""
        nearest = self.table[self.table["rank"] == 1].head(LISTED).to_dict("records")
        queries = "1 query" if self.queries == 1 else f"{self.queries:,} queries"
        return [f"searched the {self.k:,} nearest images of {queries}"] + [
            f"nearest  {row['query']}: {row['image']}, {cluster_title(row['cluster'], row['name'])}, "
            f"distance {row['distance']:.4g}"
            for row in nearest
        ]
