"""The page that shows each query and its nearest images."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.artifacts.images import Images
from pipeline.artifacts.latents import Graph
from pipeline.data.cards import draw_cards
from pipeline.data.new_images import NewImages
from pipeline.pages.figures.style import group_colour
from pipeline.pages.formats import cluster_title
from pipeline.pages.html import data_uri, render
from pipeline.pages.thumbnails import encode_png, resize, to_8bit

FOLDER = Path(__file__).parent
TEMPLATE = "search.html.j2"
MAX_IMAGES = 2000
"""Images on the page; queries beyond them are only in the table."""
METRICS = {"euclidean": "Euclidean distance", "cosine": "cosine distance"}
"""Names of the metrics of a graph."""
LARGEST = 96
"""Pixels of the longer side of a picture; larger ones are shrunk."""
SMOOTH = 40
"""Pixels of the longer side from which pictures are enlarged smoothly, not as squares."""


def render_search_page(
    queries: NewImages, images: Images, graph: Graph, table: pd.DataFrame, neighbors: NDArray[np.int64], n: int
) -> tuple[str, str]:
    """Return the page as self-contained HTML, and a note on queries that are not on it, empty if all are.

    `table` has the k `neighbours` (m, k), rows of the fitted images, of each of the m queries, nearest first. The
    page compares distances with those in the run's `graph`. `n` images were searched.
    """
    m, k = neighbors.shape
    on_page = max(min(m, MAX_IMAGES // k), 1)
    pixels = images.fitted
    cards = draw_cards(queries.names[:on_page]) if queries.pixels.ndim == 2 else queries.pixels
    items = [
        _item(cards[row], queries.names[row], pixels[neighbors[row]], table[row * k : (row + 1) * k])
        for row in range(on_page)
    ]
    note = "" if on_page == m else f"search.html shows the first {on_page:,} of {m:,} queries; search.csv has all"
    title = f"{k:,} nearest images of {queries.names[0] if m == 1 else f'{m:,} queries'}"
    html = render(
        FOLDER, TEMPLATE, title=title, name=images.name, n=n, note=note, items=items,
        metric=METRICS[graph.metric], typical=float(np.median(np.asarray(graph.distances)[:, 0])),
        is_smooth=max(pixels.shape[1:3]) >= SMOOTH,
    )  # fmt: skip
    return html, note


def _item(query: NDArray[Any], name: str, pixels: NDArray[Any], table: pd.DataFrame) -> dict[str, Any]:
    """What the template needs of a query."""
    rows = table.to_dict("records")
    titles = [cluster_title(row["cluster"], row["name"]) for row in rows]
    colours = {title: group_colour(row["cluster"]) for title, row in zip(titles, rows, strict=True)}
    return {
        "name": name,
        "picture": _pictures(query[None])[0],
        "clusters": [(title, count, colours[title]) for title, count in Counter(titles).most_common()],
        "neighbours": [
            row | {"title": title, "colour": colours[title], "picture": picture}
            for row, title, picture in zip(rows, titles, _pictures(pixels), strict=True)
        ],
    }


def _pictures(images: NDArray[Any]) -> list[str]:
    """Images (n, h, w, c) as data URIs of at most `LARGEST` pixels a side."""
    height, width = images.shape[1:3]
    scale = min(LARGEST / max(height, width), 1)
    shape = (max(round(height * scale), 1), max(round(width * scale), 1))
    return [data_uri(encode_png(picture)) for picture in resize(to_8bit(images), shape)]
