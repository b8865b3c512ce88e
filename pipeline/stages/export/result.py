"""The result of stage export: where the data set is, and how many images each class has."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.runtime.counts import count_words

MAX_LISTED = 12
"""Classes listed by size in the printed summary."""


@dataclass(frozen=True)
class ExportResult:
    """A data set in `path`, in a format; `counts` are the images of each class, `removed` those left out."""

    path: Path
    format: str
    by: str
    run_id: str
    counts: Mapping[str, int]
    removed: int

    @property
    def images(self) -> int:
        """The number of images in the data set."""
        return sum(self.counts.values())

    def save(self, folder: Path) -> list[str]:
        """Write export.json, which says where the data set is and what it has; return its name."""
        content = {
            "path": str(self.path.resolve()), "format": self.format, "by": self.by, "run_id": self.run_id,
            "images": self.images, "removed": self.removed, "counts": dict(self.counts),
        }  # fmt: skip
        text = json.dumps(content, indent=1, ensure_ascii=False)
        (folder / "export.json").write_text(text, encoding="utf-8")
        return ["export.json"]

    def metrics(self) -> dict[str, float]:
        """Return the numbers of images, of those left out and of classes, for the tracking store."""
        values = {"images": self.images, "removed": self.removed, "classes": len(self.counts)}
        return {f"export/{name}": float(value) for name, value in values.items()}

    def summary_lines(self) -> list[str]:
        """Return the lines that are printed at the end: images of each class, images left out, and the folder."""
        rows = sorted(self.counts.items(), key=lambda row: -row[1])
        listed = ", ".join(f"{name} {count:,}" for name, count in rows[:MAX_LISTED])
        more = f", and {len(rows) - MAX_LISTED} more" if len(rows) > MAX_LISTED else ""
        removed = count_words(self.removed, "image that is", "images that are")
        left_out = [f"left out {removed} marked for removal"] if self.removed else []
        images = count_words(self.images, "image", "images")
        return [f"exported {images}: {listed}{more}", *left_out, f"         {self.path}"]
