"""The result of stage spaces."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from pipeline.stages.spaces.wording import describe_choice


@dataclass(frozen=True)
class SpacesResult:
    """The page, its figure (PNG), the ranked spaces, and the agreement of their clusterings.

    `run_space` is the space of the run.
    """

    html: str
    figure: bytes
    table: pd.DataFrame
    agreement: pd.DataFrame
    run_space: str

    def save(self, folder: Path) -> list[str]:
        """Write spaces.html, .csv and .png; return the names written."""
        (folder / "spaces.html").write_text(self.html, encoding="utf-8")
        self.table.to_csv(folder / "spaces.csv", index=False, float_format="%.6g")
        (folder / "spaces.png").write_bytes(self.figure)
        return ["spaces.html", "spaces.csv", "spaces.png"]

    def metrics(self) -> dict[str, float]:
        """Return silhouette, and accuracy where labels are known, of each space, for the tracking store."""
        columns = [name for name in ("silhouette", "accuracy", "nmi") if name in self.table]
        return {
            f"spaces/{_metric_name(row['space'])}/{column}": float(row[column])
            for row in self.table.to_dict("records")
            for column in columns
        }

    def summary_lines(self) -> list[str]:
        """Return the lines that are printed at the end: the ranking, and what to do."""
        width = max(map(len, self.table["space"]))
        lines = [
            f"{row['space']:<{width}}  silhouette {row['silhouette']:.4f}"
            + (f"  accuracy {row['accuracy']:.4f}" if "accuracy" in row else "")
            for row in self.table.to_dict("records")
        ]
        return [*lines, *describe_choice(self.table, self.run_space)]


def _metric_name(space: str) -> str:
    """A space's name as MLflow allows it in the name of a metric."""
    return "".join(letter if letter.isalnum() or letter in "_-." else "_" for letter in space)
