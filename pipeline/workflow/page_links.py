"""The run that a page belongs to, and links between the pages of a run that lie in one folder.

A stage does not know its run nor which other pages it writes, and its page may be reused by other runs. Each page
therefore has a placeholder, a comment in its header, which is replaced when the pages are copied into the run's folder.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from pathlib import Path

PLACEHOLDER = "<!-- pages beside this one -->"


def link_pages(folder: Path, names: Iterable[str], run_id: str) -> None:
    """Replace the placeholder in each page `<name>.html` of `folder` by the run's id and links to the others."""
    pages = list(names)
    for name in pages:
        links = " ".join(f'<a href="{other}.html">Open the {other}</a>' for other in pages if other != name)
        nav = f'<nav aria-label="Pages of this run">{links}</nav>' if links else ""
        file = folder / f"{name}.html"
        header = f'<meta name="run-id" content="{escape(run_id)}">{nav}'
        file.write_text(file.read_text(encoding="utf-8").replace(PLACEHOLDER, header, 1), encoding="utf-8")
