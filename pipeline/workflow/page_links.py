"""Links between the pages of a run that lie in one folder, and the run whose clusters a page corrects.

A stage knows neither its run nor the other pages of that run, and its page may be reused by other runs. Each page
therefore has a placeholder, a comment in its header, which is replaced when the pages are copied into the run's folder.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from pathlib import Path

PLACEHOLDER = "<!-- pages beside this one -->"
CORRECTS_CLUSTERS = ("explorer",)
"""Pages that save edits, and name the run in them; the others are the same in every run of the same results."""


def link_pages(folder: Path, names: Iterable[str], run_id: str) -> None:
    """Replace the placeholder in each page `<name>.html` of `folder` by links to the others.

    The page of the explorer also gets the run's id.
    """
    pages = list(names)
    for name in pages:
        links = " ".join(f'<a href="{other}.html">Open the {other}</a>' for other in pages if other != name)
        nav = f'<nav aria-label="Pages of this run">{links}</nav>' if links else ""
        file = folder / f"{name}.html"
        identity = f'<meta name="run-id" content="{escape(run_id)}">' if name in CORRECTS_CLUSTERS else ""
        header = identity + nav
        file.write_text(file.read_text(encoding="utf-8").replace(PLACEHOLDER, header, 1), encoding="utf-8")
