"""The page on which a person labels images with the keyboard."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup
from numpy.typing import NDArray

from pipeline.artifacts.clustering import Clustering
from pipeline.artifacts.images import Images
from pipeline.artifacts.latents import Graph
from pipeline.figures.pictures import displayable
from pipeline.reporting.html import data_uri, render, thumbnail
from pipeline.reporting.run import cluster_name

FOLDER = Path(__file__).parent
TEMPLATE, STYLE, SCRIPT = "label.html.j2", "label.css", "label.js"
NEAR = 6
"""Nearest neighbours shown beside an image."""


def page(
    images: Images,
    graph: Graph,
    clustering: Clustering,
    rows: NDArray[np.int64],
    classes: Sequence[str],
    given: dict[int, str],
    command: str,
    simulated: pd.DataFrame | None = None,
    figure: bytes = b"",
) -> str:
    """Return the page as HTML that loads nothing and saves answers.csv by download.

    `rows` are the images to label in their order, `classes` the labels offered from the start, `given` the labels
    that rows have already. `command` is what to run with the saved file. `simulated` and `figure` are shown where
    there is a simulation.
    """
    items = _items(images, graph, clustering, rows, given)
    return render(
        FOLDER,
        TEMPLATE,
        STYLE,
        script=Markup((FOLDER / SCRIPT).read_text(encoding="utf-8")),
        data={"key": f"labels of {images.digest or images.name} {len(rows)}", "items": items, "classes": list(classes)},
        items=items,
        name=images.name,
        n=len(images.fitted),
        typical=min(clustering.k, len(rows)),
        command=command,
        figure=data_uri(figure) if figure else "",
        draws=0 if simulated is None else int(simulated["draw"].max()) + 1,
        table=[] if simulated is None else _table(simulated),
    )


def _table(simulated: pd.DataFrame) -> list[dict[str, Any]]:
    from pipeline.labelling.simulate import summary

    return summary(simulated).to_dict("records")  # type: ignore[return-value]  # its keys are column names


def _items(
    images: Images, graph: Graph, clustering: Clustering, rows: NDArray[np.int64], given: dict[int, str]
) -> list[dict[str, Any]]:
    pixels, names = images.fitted, images.names(images.split)

    def picture(row: int) -> str:
        return thumbnail(displayable(np.asarray(pixels[row : row + 1]))[0])

    return [
        {
            "name": names[row],
            "image": picture(row),
            "near": [picture(int(near)) for near in graph.indices[row][:NEAR]],
            "why": f"in {cluster_name(int(clustering.fitted[row]))}",
            "label": given.get(row, ""),
        }
        for row in rows.tolist()
    ]
