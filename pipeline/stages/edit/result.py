"""The result of stage edit."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from pipeline.artifacts.clustering import Clustering
from pipeline.stages.edit.edits import Edits


@dataclass(frozen=True)
class EditResult:
    """The edited clusters, a table of the changed images, one of the clusters, and the edits themselves."""

    clustering: Clustering
    changes: pd.DataFrame
    clusters: pd.DataFrame
    edits: Edits

    def save(self, folder: Path) -> list[str]:
        """Write changes.csv, clusters.csv and edits.json, and return their names."""
        self.changes.to_csv(folder / "changes.csv", index=False)
        self.clusters.to_csv(folder / "clusters.csv", index=False)
        (folder / "edits.json").write_text(self.edits.model_dump_json(indent=1), encoding="utf-8")
        return ["changes.csv", "clusters.csv", "edits.json"]

    def metrics(self) -> dict[str, float]:
        """Return the numbers of edits and of images by the reason of their change, for the tracking store."""
        reasons = self.changes["reason"].value_counts()
        marks = self.changes["mark"].value_counts()
        counts = {f"edit/{reason}": float(count) for reason, count in reasons.items() if reason}
        counts |= {f"edit/{mark}": float(count) for mark, count in marks.items() if mark != "none"}
        return {"edit/edits": float(len(self.edits.edits))} | counts

    def summary_lines(self) -> list[str]:
        """Return the lines that are printed at the end."""
        changed = int((self.changes["reason"] != "").sum())
        lines = [f"edits    {self.edits.summary()}: {changed:,} images changed their cluster"]
        pairs = zip(self.clusters["cluster"], self.clusters["name"], strict=True)
        names = [f"{cluster} {name}" for cluster, name in pairs if name]
        return lines + ([f"names    {', '.join(names)}"] if names else [])
