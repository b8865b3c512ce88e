"""Links between the pages of a run that lie in one folder.

A stage does not know which other pages its run writes, and its page may be reused by other runs. Each page therefore
has a placeholder, a comment in its header, which is replaced when the pages are copied into the run's folder.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

PLACEHOLDER = "<!-- pages beside this one -->"


def link_pages(folder: Path, names: Iterable[str]) -> None:
    """Replace the placeholder in each page `<name>.html` of `folder` by links to the others."""
    pages = list(names)
    for name in pages:
        links = " ".join(f'<a href="{other}.html">Open the {other}</a>' for other in pages if other != name)
        if links:
            file = folder / f"{name}.html"
            nav = f'<nav aria-label="Pages of this run">{links}</nav>'
            file.write_text(file.read_text(encoding="utf-8").replace(PLACEHOLDER, nav, 1), encoding="utf-8")
