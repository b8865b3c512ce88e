"""The page on which a person labels images with the keyboard."""

from __future__ import annotations

import hashlib
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
from pipeline.pages.figures.images import to_rgb_images
from pipeline.pages.formats import cluster_name
from pipeline.pages.html import data_uri, render, thumbnail
from pipeline.runtime.visible_text import make_visible
from pipeline.stages.label.simulation import summarize_simulation

FOLDER = Path(__file__).parent
TEMPLATE, STYLE, SCRIPT = "label.html.j2", "label.css", "label.js"
NEIGHBORS = 6
"""Nearest neighbours that are displayed beside an image."""


def render_label_page(
    images: Images,
    graph: Graph,
    clustering: Clustering,
    rows: NDArray[np.int64],
    classes: Sequence[str],
    given: dict[int, str],
    command: str,
    run_id: str = "",
    simulation: pd.DataFrame | None = None,
    figure: bytes = b"",
) -> str:
    """Return the label page as self-contained HTML; it saves the labels as a download named answers.csv.

    `rows` are the images to label, in order; `classes` are the labels that the page offers; `given` maps rows to the
    labels that they have already. `command` spreads the saved labels. The browser keeps unsaved labels
    by image, for this run (`run_id`), these images and these given labels only. `simulation` and its `figure` (PNG) are
    shown where there is a simulation.
    """
    items = _items(images, graph, clustering, rows, given)
    return render(
        FOLDER,
        TEMPLATE,
        STYLE,
        script=Markup((FOLDER / SCRIPT).read_text(encoding="utf-8")),
        data={"key": _storage_key(images, rows, run_id, given), "items": items, "classes": list(classes)},
        items=items,
        name=images.name,
        n=images.n_fitted,
        lead=_lead(clustering.k, len(rows), len(given)),
        command=command,
        figure=data_uri(figure) if figure else "",
        draws=0 if simulation is None else int(simulation["draw"].max()) + 1,
        table=[] if simulation is None else summarize_simulation(simulation).to_dict("records"),
    )


def _lead(k: int, count: int, given: int) -> str:
    """The sentence on which images these are."""
    if given:
        rest = "; the others were picked as those to label next" if count > given else ""
        return f"{given:,} images have a label already{rest}."
    typical = min(k, count)
    if not typical:
        return "The images are typical of regions where the clusters are uncertain."
    clusters = "each cluster" if typical == k else f"the {typical} largest clusters"
    images = f"The first {typical} images are" if typical > 1 else "The first image is"
    rest = "; the rest are typical of regions where the clusters are uncertain" if count > typical else ""
    return f"{images} the most typical of {clusters}{rest}."


def _storage_key(images: Images, rows: NDArray[np.int64], run_id: str, given: dict[int, str]) -> str:
    """The name under which the browser keeps labels: a page of another run, of other images or answers has another."""
    answers = repr(sorted(given.items())).encode()
    picks = hashlib.sha256(np.sort(rows).tobytes() + answers).hexdigest()[:16]
    return f"labels of {images.digest or images.name} run {run_id} images {picks}"


def _items(
    images: Images, graph: Graph, clustering: Clustering, rows: NDArray[np.int64], given: dict[int, str]
) -> list[dict[str, Any]]:
    """Return what the script needs of each image: its name, picture, neighbours' pictures, cluster and label."""
    pixels, names = images.fitted, images.names(images.split)

    def picture(row: int) -> str:
        return thumbnail(to_rgb_images(np.asarray(pixels[row : row + 1]))[0])

    return [
        {
            "name": names[row],
            "caption": make_visible(names[row]),
            "image": picture(row),
            "neighbours": [picture(int(neighbor)) for neighbor in graph.indices[row][:NEIGHBORS]],
            "cluster": cluster_name(int(clustering.fitted[row]), clustering.names),
            "label": given.get(row, ""),
        }
        for row in rows.tolist()
    ]
