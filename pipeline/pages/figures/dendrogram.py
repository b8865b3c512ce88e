"""A hierarchy of clusters as a dendrogram, with images of each cluster."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from pipeline.pages.figures.images import draw_image, to_rgb_images
from pipeline.pages.figures.style import (
    FAINT,
    INK,
    MUTED,
    WIDTH,
    add_heading,
    figure_style,
    group_colour,
    new_figure,
    shorten,
)

Values = NDArray[np.floating[Any]]
CHARACTER, MAX_TEXT = 0.085, 22
"""Inches of a character of the clusters' names, and their longest length in characters."""
ROW_HEIGHTS = {15: 0.48, 40: 0.34}
"""Inches of a row, by the largest number of clusters for which it holds."""
SMALLEST_ROW = 0.22
LINE, THIN_LINE = 2.2, 1.2


def plot_dendrogram(
    linkage: Values,
    positions: Values,
    names: Sequence[str],
    tiles: Sequence[NDArray[Any]] | None,
    groups: NDArray[np.integer[Any]],
    colours: NDArray[np.integer[Any]],
    title: str,
    axis: str,
) -> Figure:
    """Plot the merges of k clusters, a row for each cluster, with the heights from left to right.

    `linkage` (k − 1, 4) is that of scipy, `positions` (2k − 1,) are the rows of its nodes. `names` (k) are the texts of
    the rows, and `tiles` (k) arrays (m, h, w, c) their images, if there are any. `groups` (k,) are those of a cut;
    lines within one have the colour of its clusters, of which `colours` (k,) are the numbers. `axis` describes the
    heights.
    """
    k = len(names)
    row = next((height for most, height in ROW_HEIGHTS.items() if k <= most), SMALLEST_ROW)
    ratio = float(np.clip(tiles[0].shape[2] / tiles[0].shape[1], 0.5, 2)) if tiles else 1.0
    n_tiles = max((len(images) for images in tiles), default=0) if tiles else 0
    left = CHARACTER * (min(max(map(len, names)), MAX_TEXT) + 1) / row + n_tiles * ratio + 0.5
    width = WIDTH / row - left
    scale = width / max(float(linkage[-1, 2]), 1e-12)
    with figure_style():
        figure = new_figure(WIDTH, row * k + 1.1)
        axes = figure.subplots()
        axes.set(xlim=(-left, width * 1.02), ylim=(k - 0.4, -0.6), aspect=1)
        _draw_merges(axes, linkage, positions, scale, groups, colours)
        for cluster, text in enumerate(names):
            axes.text(-left, positions[cluster], shorten(text, MAX_TEXT), va="center", size=8.5 if row > 0.3 else 7)
            if tiles:
                _draw_tiles(axes, tiles[cluster], -n_tiles * ratio - 0.5, float(positions[cluster]), ratio)
        _draw_axis(axes, linkage, scale, axis)
        add_heading(axes, title)
    return figure


def _draw_merges(
    axes: Axes,
    linkage: Values,
    positions: Values,
    scale: float,
    groups: NDArray[np.integer[Any]],
    colours: NDArray[np.integer[Any]],
) -> None:
    """Draw the three lines of each merge; a merge within a group, and the line of a group itself, have its colour."""
    k = len(groups)
    heights = np.append(np.zeros(k), linkage[:, 2]) * scale
    group_of = [*groups.tolist(), *([-1] * len(linkage))]
    is_cut = len(np.unique(groups)) < k
    colour_of = {-1: MUTED} | {group: group_colour(int(colours[group])) if is_cut else MUTED for group in groups}

    def draw_line(x: Sequence[float], y: Sequence[float], group: int) -> None:
        width = LINE if is_cut and group >= 0 else THIN_LINE
        axes.plot(x, y, color=colour_of[group], linewidth=width, solid_capstyle="projecting")

    for node, pair in enumerate(linkage[:, :2].astype(int), k):
        first, second = (group_of[child] for child in pair)
        group_of[node] = first if first == second else -1
        for child in pair:
            draw_line([heights[child], heights[node]], [positions[child]] * 2, group_of[child])
        draw_line([heights[node]] * 2, list(positions[pair]), group_of[node])


def _draw_tiles(axes: Axes, images: NDArray[Any], left: float, row: float, ratio: float) -> None:
    for column, image in enumerate(to_rgb_images(images)):
        start = left + column * ratio
        draw_image(axes, image, (start + 0.04, start + ratio - 0.04, row + 0.45, row - 0.45), FAINT)


def _draw_axis(axes: Axes, linkage: Values, scale: float, title: str) -> None:
    """Label the heights below the drawing, from 0 at the clusters to the greatest."""
    from matplotlib.ticker import MaxNLocator

    greatest = float(linkage[-1, 2])
    ticks = [tick for tick in MaxNLocator(6).tick_values(0, greatest) if 0 <= tick <= greatest]
    axes.set_xticks([tick * scale for tick in ticks], [f"{tick:g}" for tick in ticks])
    axes.set_yticks([])
    axes.spines[:].set_visible(False)
    axes.set_xlabel(title, color=INK, size=9)
