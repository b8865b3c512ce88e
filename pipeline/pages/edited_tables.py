"""The files and lines of an action that edits clusters."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from pipeline.artifacts.clustering import Clustering
from pipeline.runtime.atomic_files import atomic_write
from pipeline.runtime.counts import count_words


@dataclass(frozen=True)
class EditedTables:
    """The result of an action that edits clusters.

    `changes` has a row per changed image and `clusters` one per new cluster, `summary` says what was done, and `files`
    are more texts to write, by name.
    """

    clustering: Clustering
    changes: pd.DataFrame
    clusters: pd.DataFrame
    summary: str
    files: dict[str, str]

    def save(self, folder: Path) -> list[str]:
        """Write changes.csv, clusters.csv and the other files, and return their names."""
        tables = {"changes.csv": self.changes, "clusters.csv": self.clusters}
        texts = {name: table.to_csv(index=False) for name, table in tables.items()} | self.files
        for name, text in texts.items():
            with atomic_write(folder / name) as path:
                path.write_text(text, encoding="utf-8")
        return list(texts)

    def metrics(self) -> dict[str, float]:
        """Return the numbers of images by the reason of their change and by their mark, for the tracking store."""
        counts: dict[str, float] = {}
        for column, empty in (("reason", ""), ("mark", "none")):
            values = self.changes[column].value_counts()
            counts |= {f"edit/{value}": float(count) for value, count in values.items() if value != empty}
        return counts

    def summary_lines(self) -> list[str]:
        """Return the lines that are printed at the end."""
        changed = int((self.changes["reason"] != "").sum())
        marked = int((self.changes["mark"] != "none").sum())
        changes = count_words(changed, "image changed its cluster", "images changed their cluster")
        counts = [changes] if changed or not marked else []
        counts += [count_words(marked, "image is marked", "images are marked")] if marked else []
        lines = [f"edits    {self.summary}: {', '.join(counts)}"]
        pairs = zip(self.clusters["cluster"], self.clusters["name"], strict=True)
        names = [f"{cluster} {name}" for cluster, name in pairs if name]
        return lines + ([f"names    {', '.join(names)}"] if names else [])
