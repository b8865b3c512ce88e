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
    """The explorer: `page`, self-contained HTML in UTF-8, and the images as Parquet bytes, empty if not requested.

    A page of many megabytes is kept as it is stored: as text, a single letter such as × would double its memory.
    """

    page: bytes
    parquet: bytes = b""

    @property
    def html(self) -> str:
        """The page as text."""
        return self.page.decode()

    def save(self, folder: Path) -> None:
        """Write `explorer.html`, and `images.parquet` if there is one, to `folder`."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "explorer.html").write_bytes(self.page)
        if self.parquet:
            (folder / "images.parquet").write_bytes(self.parquet)

    @classmethod
    def load(cls, folder: Path) -> ExplorerPage:
        """Read the page and the Parquet file."""
        table = folder / "images.parquet"
        page = (folder / "explorer.html").read_bytes()
        return cls(page, table.read_bytes() if table.exists() else b"")

    def metrics(self) -> dict[str, float]:
        """Return the sizes of the files in megabytes."""
        sizes = {"page": len(self.page), "parquet": len(self.parquet)}
        return {f"explorer/{name}_mb": size / 1e6 for name, size in sizes.items() if size}
