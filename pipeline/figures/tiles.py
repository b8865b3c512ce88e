"""Images side by side: reconstructions, cluster centres, typical and untypical members."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from pipeline.figures.pictures import Picture, displayable, place
from pipeline.figures.style import FAINT, MUTED, WIDTH, bare, heading, new_figure, style

Batch = NDArray[Any]
GAP = 0.06
"""Free space around a tile, as a share of its cell."""


def reconstructions(originals: Batch, decoded: Batch, title: str = "Originals and reconstructions") -> Figure:
    """Draw originals (n, h, w, c) in one row and what the autoencoder makes of them in the row below."""
    if originals.shape != decoded.shape:
        raise ValueError(f"originals {originals.shape} and reconstructions {decoded.shape} differ in shape")
    with style():
        figure, axes = _board(max(len(originals), 4), 2, _ratio(originals), left=1.1)
        for row, (name, batch) in enumerate((("original", originals), ("decoded", decoded))):
            axes.text(-0.15, row + 0.5, name, ha="right", va="center", color=MUTED)
            for column, picture in enumerate(displayable(batch)):
                _tile(axes, picture, column, row)
        heading(axes, title)
    return figure


def centres(decoded: Batch, titles: Sequence[str], title: str = "Cluster centres, decoded") -> Figure:
    """Draw each cluster's centre, decoded into an image (k, h, w, c), with its own title (k) below it."""
    columns = int(np.clip(len(decoded), 5, 10))
    lines = 1 + max((text.count("\n") for text in titles), default=0)
    room = 1 + 0.17 * lines / (_cell(columns) / _ratio(decoded))
    with style():
        figure, axes = _board(columns, -(-len(decoded) // columns) * room, _ratio(decoded))
        for number, (picture, text) in enumerate(zip(displayable(decoded), titles, strict=True)):
            row, column = divmod(number, columns)
            _tile(axes, picture, column, row * room)
            axes.text(column + 0.5, row * room + 1, text, size=8, ha="center", va="top", linespacing=1.15)
        heading(axes, title)
    return figure


def examples(
    images: Batch,
    typical: Sequence[NDArray[np.integer[Any]]],
    untypical: Sequence[NDArray[np.integer[Any]]],
    titles: Sequence[str],
    decoded: Batch | None = None,
    title: str = "Typical and least typical members",
) -> Figure:
    """Draw a row per cluster: its decoded centre, its most typical images, at the right its least typical.

    `typical` and `untypical` hold, for each of k clusters, rows of `images` (n, h, w, c), any number; the
    last of `untypical` is the least typical. `titles` (k) name the rows, `decoded` (k, h, w, c) the centres.
    """
    near, far = max(map(len, typical), default=0), max(map(len, untypical), default=0)
    first = 1.5 if decoded is not None else 0.0
    right = first + near + 0.5
    with style():
        figure, axes = _board(right + far, len(titles), _ratio(images), left=1.35)
        for row, text in enumerate(titles):
            axes.text(-0.2, row + 0.5, text, ha="right", va="center", size=8, linespacing=1.25)
            if decoded is not None:
                _tile(axes, displayable(decoded[row : row + 1])[0], 0, row)
            _row(axes, displayable(images[typical[row]]), first, row)
            _row(axes, displayable(images[untypical[row]]), right + far - len(untypical[row]), row)
        _columns(axes, [
            (0.5, "centre" if decoded is not None else ""),
            (first + near / 2, "← most typical" if near else ""),
            (right + far / 2, "least typical →" if far else ""),
        ])  # fmt: skip
        heading(axes, title, above=20)
    return figure


def _columns(axes: Axes, names: Sequence[tuple[float, str]]) -> None:
    for middle, name in names:
        axes.text(middle, -0.12, name, ha="center", va="bottom", color=MUTED, size=8.5)


def _row(axes: Axes, pictures: Picture, first: float, row: float) -> None:
    for column, picture in enumerate(pictures):
        _tile(axes, picture, first + column, row)


def _ratio(images: Batch) -> float:
    """Width over height of one image, kept within what a table of tiles can bear."""
    return float(np.clip(images.shape[2] / images.shape[1], 0.2, 5))


def _board(columns: float, rows: float, ratio: float, left: float = 0.0) -> tuple[Figure, Axes]:
    """An empty table of tiles: a cell is 1 by 1, row 0 on top; `left` inches are kept for row titles."""
    wide = _cell(columns, left)
    figure = new_figure(left + wide * columns + 0.1, wide / ratio * max(rows, 1) + 0.85)
    axes = figure.subplots()
    axes.set(xlim=(0, columns), ylim=(max(rows, 1), 0), aspect=1 / ratio)
    bare(axes)
    return figure, axes


def _cell(columns: float, left: float = 0.0) -> float:
    """Inches from one column to the next."""
    return min((WIDTH - left) / max(columns, 1), 1.0)


def _tile(axes: Axes, picture: Picture, column: float, row: float) -> None:
    """Put one picture into its cell, with an edge so that a white one is still seen."""
    place(axes, picture, (column + GAP, column + 1 - GAP, row + 1 - GAP, row + GAP), FAINT)
