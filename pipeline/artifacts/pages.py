"""The HTML pages of a run, with the files beside them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pipeline.artifacts.base import Artifact


@dataclass(frozen=True)
class ReportPage(Artifact):
    """The report: `html`, one self-contained page, and its `figures` as PNG bytes by name, in the page's order."""

    html: str
    figures: dict[str, bytes]

    def save(self, folder: Path) -> None:
        """Write `report.html` and `figures/<name>.png` to `folder`."""
        (folder / "figures").mkdir(parents=True, exist_ok=True)
        (folder / "report.html").write_text(self.html, encoding="utf-8")
        for name, image in self.figures.items():
            (folder / "figures" / f"{name}.png").write_bytes(image)

    @classmethod
    def load(cls, folder: Path) -> ReportPage:
        """Read the page and its figures; the figures are sorted by name."""
        images = {path.stem: path.read_bytes() for path in sorted((folder / "figures").glob("*.png"))}
        return cls((folder / "report.html").read_text(encoding="utf-8"), images)


@dataclass(frozen=True)
class ExplorerPage(Artifact):
    """The explorer: `html`, one self-contained page, and the images as Parquet bytes, empty if none were requested."""

    html: str
    parquet: bytes = b""

    def save(self, folder: Path) -> None:
        """Write `explorer.html`, and `images.parquet` if there is one, to `folder`."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "explorer.html").write_text(self.html, encoding="utf-8")
        if self.parquet:
            (folder / "images.parquet").write_bytes(self.parquet)

    @classmethod
    def load(cls, folder: Path) -> ExplorerPage:
        """Read the page and the Parquet file."""
        table = folder / "images.parquet"
        html = (folder / "explorer.html").read_text(encoding="utf-8")
        return cls(html, table.read_bytes() if table.exists() else b"")

    def metrics(self) -> dict[str, float]:
        """Return the sizes of the files in megabytes."""
        sizes = {"page": len(self.html.encode()), "parquet": len(self.parquet)}
        return {f"explorer/{name}_mb": size / 1e6 for name, size in sizes.items() if size}
