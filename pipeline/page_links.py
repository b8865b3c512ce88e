"""The pages of a run lead to each other where they lie side by side.

A stage cannot know what else its run leaves, and its page is kept and used again by other runs. So a page only has a
place in its header, a comment, and whoever lays pages into one folder puts the links there.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

PLACE = "<!-- pages beside this one -->"


def link(folder: Path, pages: Iterable[str]) -> None:
    """Write into each of the pages, by name `<name>.html` in `folder`, where the others are."""
    names = list(pages)
    for name in names:
        links = " ".join(f'<a href="{other}.html">Open the {other}</a>' for other in names if other != name)
        if links:
            page = folder / f"{name}.html"
            linked = f'<nav aria-label="Pages of this run">{links}</nav>'
            page.write_text(page.read_text(encoding="utf-8").replace(PLACE, linked, 1), encoding="utf-8")
