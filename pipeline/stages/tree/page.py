"""The page with the dendrogram, which is cut at any level."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup
from matplotlib.ticker import MaxNLocator

from pipeline.artifacts.base import Int
from pipeline.artifacts.clustering import Clustering
from pipeline.artifacts.images import Images
from pipeline.clustering.edits_file import EDITS_VERSION
from pipeline.clustering.hierarchy import Linkage, members_of_nodes, node_positions
from pipeline.pages.figures.images import to_rgb_images
from pipeline.pages.figures.style import DARK_PALETTE, PALETTE
from pipeline.pages.html import render, thumbnail
from pipeline.stages.tree.examples import Examples, Rows
from pipeline.stages.tree.wording import (
    describe_axis,
    describe_group,
    describe_unlinked,
    display_names,
    explain_linkage,
    tree_headline,
)

FOLDER = Path(__file__).parent
TEMPLATE, SCRIPT, STYLE = "tree.html.j2", "tree.js", "tree.css"
WIDTH = 620
"""Pixels from height 0 to the greatest height."""
ROW_HEIGHTS = {12: 58, 40: 44}
"""Pixels of a cluster's row, by the largest number of clusters for which it holds."""
SMALLEST_ROW = 34
LEAF_TILES = 4
"""Images beside a cluster's name."""
WORDS = 2
"""At most so many names stand in a row for vectors without images."""
NODE_MARGIN = 27
"""Pixels by which the images of a merge stay away from those of the clusters."""
TILE_SIDE = 64
"""Larger images are shrunk to so many pixels on the longer side."""


@dataclass(frozen=True)
class TreePage:
    """What the page displays: the run, its hierarchy and table of merges, the scores of the cuts, and the first cut.

    `colours` has, for each cut from k groups on, the number of each cluster's colour (k,).
    """

    linkage_name: str
    name: str
    run_id: str
    clustering: Clustering
    images: Images
    linkage: Linkage
    table: pd.DataFrame
    scores: pd.DataFrame | None
    examples: Examples
    n_groups: int
    colours: list[Int]

    @property
    def k(self) -> int:
        """Number of clusters."""
        return self.clustering.k

    @property
    def row_height(self) -> int:
        """Pixels of a cluster's row."""
        return next((height for most, height in ROW_HEIGHTS.items() if self.k <= most), SMALLEST_ROW)

    @property
    def name_width(self) -> int:
        """Pixels for the clusters' names; longer ones are cut off."""
        return min(10 * max(map(len, self.names)) + 12, 150)

    @cached_property
    def members(self) -> list[list[int]]:
        """The clusters below each node."""
        return members_of_nodes(self.linkage)

    @cached_property
    def sizes(self) -> list[int]:
        """Number of images of each cluster."""
        fitted = self.clustering.fitted
        return [int(size) for size in np.bincount(fitted[fitted >= 0], minlength=self.k)]

    @cached_property
    def names(self) -> list[str]:
        """Name of each cluster."""
        return display_names(self.clustering)

    @cached_property
    def image_names(self) -> list[str]:
        """Name of each fitted image."""
        return self.images.names(self.images.split)

    def x(self, height: float) -> float:
        """Return the horizontal position of a height in pixels."""
        return round(WIDTH * height / max(float(self.linkage[-1, 2]), 1e-12), 1)


def render_tree_page(page: TreePage) -> str:
    """Return the page as self-contained HTML; it saves the merges of a cut as a download named edits.json."""
    first, second = page.linkage[0, :2].astype(int)
    tiles = _Tiles(page)
    return render(
        FOLDER,
        TEMPLATE,
        tree_style=Markup((FOLDER / STYLE).read_text(encoding="utf-8")),
        script=Markup((FOLDER / SCRIPT).read_text(encoding="utf-8")),
        data=_script_data(page),
        palettes={"light": PALETTE, "dark": DARK_PALETTE},
        page=page,
        headline=tree_headline(page.names[first], page.names[second], page.k),
        explanation=explain_linkage(page.linkage_name),
        unlinked=describe_unlinked(sum(not len(first) and not len(second) for first, second in page.examples.borders)),
        axis=describe_axis(page.linkage_name),
        width=WIDTH,
        noise=int((page.clustering.fitted < 0).sum()),
        leaves=[
            (cluster, page.names[cluster], page.sizes[cluster], tiles.of(page.examples.typical[cluster][:LEAF_TILES]))
            for cluster in page.members[-1]
        ],
        merges=_merges(page, tiles),
        ticks=[(page.x(value), f"{value:g}") for value in _ticks(float(page.linkage[-1, 2]))],
        unmerged=None if page.scores is None else page.scores.loc[page.k].to_dict(),
    )


def _script_data(page: TreePage) -> dict[str, Any]:
    """What the script reads besides the elements of the page."""
    return {
        "version": EDITS_VERSION, "clustering": page.clustering.digest, "run_id": page.run_id or None, "k": page.k,
        "names": page.names, "sizes": page.sizes, "order": page.members[-1], "cut": page.n_groups,
        "colours": ["".join(map(str, colours)) for colours in page.colours],
        "merges": [{"members": members, "x": page.x(height)} for members, height
                   in zip(page.members[page.k:], page.linkage[:, 2], strict=True)],
    }  # fmt: skip


def _merges(page: TreePage, tiles: _Tiles) -> list[dict[str, Any]]:
    """What the template displays of each merge: its lines in the drawing, its sides, their images, and its scores."""
    positions = np.round((node_positions(page.linkage) + 0.5) * page.row_height, 1)
    left = np.append(np.zeros(page.k), [page.x(height) for height in page.linkage[:, 2]])
    margin = NODE_MARGIN if page.images.has_images else 0
    merges: list[dict[str, Any]] = []
    for number, (first, second) in enumerate(page.linkage[:, :2].astype(int).tolist()):
        borders = dict(zip((first, second), page.examples.borders[number], strict=True))
        pair = sorted((first, second), key=lambda node: min(page.members[node]))
        x, y = left[page.k + number], positions[page.k + number]
        merges.append({
            "number": number, "x": x, "y": y, "node_x": max(x, margin),
            "ends": [(node, left[node], positions[node]) for node in pair],
            "sides": [describe_group(sorted(page.members[node]), page.names) for node in pair],
            "typical": [tiles.of(page.examples.typical[min(page.members[node])][:1]) for node in pair],
            "borders": [tiles.of(borders[node]) for node in pair],
            **{str(column): value for column, value in page.table.iloc[number].items()},
        })  # fmt: skip
    return merges


def _ticks(greatest: float) -> list[float]:
    """Round heights for the axis."""
    ticks = MaxNLocator(6, steps=[1, 2, 2.5, 5, 10]).tick_values(0, greatest)
    return [float(value) for value in ticks if 0 <= value <= greatest]


class _Tiles:
    """Pictures of images as data URIs; where there are no images, their names stand for them."""

    def __init__(self, page: TreePage) -> None:
        self._pixels = page.images.fitted
        self._names = page.image_names
        self._has_images = page.images.has_images

    def of(self, rows: Rows) -> list[dict[str, str]]:
        """Return the name of each image, and its picture, which is empty without images."""
        count = len(rows) if self._has_images else WORDS
        return [{"name": self._names[row], "src": self._picture(row)} for row in rows[:count].tolist()]

    def _picture(self, row: int) -> str:
        if not self._has_images:
            return ""
        return thumbnail(to_rgb_images(np.asarray(self._pixels[row : row + 1]))[0], TILE_SIDE)
