"""Grids of images: reconstructions, cluster centres, most and least typical members."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from pipeline.pages.figures.images import RGBImage, draw_image, to_rgb_images
from pipeline.pages.figures.style import FAINT, MUTED, WIDTH, add_heading, figure_style, hide_axes, new_figure

Batch = NDArray[Any]
GAP = 0.06
"""Gap around a tile as a share of its cell."""


def plot_reconstructions(originals: Batch, decoded: Batch, title: str = "Originals and reconstructions") -> Figure:
    """Plot originals (n, h, w, c) in one row and their reconstructions in the row below."""
    if originals.shape != decoded.shape:
        raise ValueError(f"originals {originals.shape} and reconstructions {decoded.shape} differ in shape")
    with figure_style():
        figure, axes = _tile_grid(max(len(originals), 4), 2, _aspect_ratio(originals), left=1.3)
        for row, (name, batch) in enumerate((("original", originals), ("reconstruction", decoded))):
            axes.text(-0.15, row + 0.5, name, ha="right", va="center", color=MUTED)
            for column, image in enumerate(to_rgb_images(batch)):
                _draw_tile(axes, image, column, row)
        add_heading(axes, title)
    return figure


def plot_centres(decoded: Batch, titles: Sequence[str], title: str = "Cluster centres, decoded") -> Figure:
    """Plot the decoded cluster centres (k, h, w, c) in a grid, with one of the k `titles` below each."""
    columns = int(np.clip(len(decoded), 5, 10))
    lines = 1 + max((text.count("\n") for text in titles), default=0)
    pitch = 1 + 0.17 * lines / (_cell_width(columns) / _aspect_ratio(decoded))
    with figure_style():
        figure, axes = _tile_grid(columns, -(-len(decoded) // columns) * pitch, _aspect_ratio(decoded))
        for index, (image, text) in enumerate(zip(to_rgb_images(decoded), titles, strict=True)):
            row, column = divmod(index, columns)
            _draw_tile(axes, image, column, row * pitch)
            axes.text(column + 0.5, row * pitch + 1, text, size=8, ha="center", va="top", linespacing=1.15)
        add_heading(axes, title)
    return figure


def plot_examples(
    images: Batch,
    typical: Sequence[NDArray[np.integer[Any]]],
    untypical: Sequence[NDArray[np.integer[Any]]],
    titles: Sequence[str],
    decoded: Batch | None = None,
    title: str = "Typical and least typical members",
) -> Figure:
    """Plot one row per cluster: its decoded centre, its most typical members, and at the right its least typical ones.

    `typical` and `untypical` hold row numbers in `images` (n, h, w, c) for each of the k clusters; the last one of
    `untypical` is the least typical. `titles` (k) are the titles of the rows, `decoded` (k, h, w, c) the centres.
    """
    n_typical, n_untypical = max(map(len, typical), default=0), max(map(len, untypical), default=0)
    left = 1.5 if decoded is not None else 0.0
    right = left + n_typical + 0.5
    with figure_style():
        figure, axes = _tile_grid(right + n_untypical, len(titles), _aspect_ratio(images), left=1.35)
        for row, text in enumerate(titles):
            axes.text(-0.2, row + 0.5, text, ha="right", va="center", size=8, linespacing=1.25)
            if decoded is not None:
                _draw_tile(axes, to_rgb_images(decoded[row : row + 1])[0], 0, row)
            _draw_row(axes, to_rgb_images(images[typical[row]]), left, row)
            _draw_row(axes, to_rgb_images(images[untypical[row]]), right + n_untypical - len(untypical[row]), row)
        _draw_column_titles(axes, [
            (0.5, "centre" if decoded is not None else ""),
            (left + n_typical / 2, "← most typical" if n_typical else ""),
            (right + n_untypical / 2, "least typical →" if n_untypical else ""),
        ])  # fmt: skip
        add_heading(axes, title, above=20)
    return figure


def _draw_column_titles(axes: Axes, titles: Sequence[tuple[float, str]]) -> None:
    """Write each title above the grid, centred at its column position."""
    for column, title in titles:
        axes.text(column, -0.12, title, ha="center", va="bottom", color=MUTED, size=8.5)


def _draw_row(axes: Axes, images: RGBImage, column: float, row: float) -> None:
    """Draw images (n, h, w, 3) side by side from `column` on."""
    for index, image in enumerate(images):
        _draw_tile(axes, image, column + index, row)


def _aspect_ratio(images: Batch) -> float:
    """Return width over height of the images, clipped to [0.2, 5]."""
    return float(np.clip(images.shape[2] / images.shape[1], 0.2, 5))


def _tile_grid(columns: float, rows: float, ratio: float, left: float = 0.0) -> tuple[Figure, Axes]:
    """Return a figure and axes for a grid of 1 × 1 cells with row 0 at the top and `left` inches for row titles."""
    width = _cell_width(columns, left)
    figure = new_figure(left + width * columns + 0.1, width / ratio * max(rows, 1) + 0.85)
    axes = figure.subplots()
    axes.set(xlim=(0, columns), ylim=(max(rows, 1), 0), aspect=1 / ratio)
    hide_axes(axes)
    return figure, axes


def _cell_width(columns: float, left: float = 0.0) -> float:
    """Return the width of a cell in inches, at most 1."""
    return min((WIDTH - left) / max(columns, 1), 1.0)


def _draw_tile(axes: Axes, image: RGBImage, column: float, row: float) -> None:
    """Draw one image into its cell, with a thin frame so that a white image is visible."""
    draw_image(axes, image, (column + GAP, column + 1 - GAP, row + 1 - GAP, row + GAP), FAINT)
