"""Heat map of a contingency matrix of classes and clusters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter
from numpy.typing import NDArray

from pipeline.pages.figures.style import INK, MUTED, WIDTH, add_heading, figure_style, new_figure, shorten

Counts = NDArray[np.integer[Any]]


def plot_contingency(
    counts: Counts,
    class_names: Sequence[str],
    cluster_names: Sequence[str],
    title: str = "Classes and clusters",
    noise: bool = False,
    axis_names: tuple[str, str] = ("class", "cluster"),
) -> Figure:
    """Plot counts (classes, clusters) as a heat map coloured by the share of each column.

    Columns are ordered by majority class, so a good clustering shows a diagonal. If `noise`, the last column holds
    noise and stays last. `axis_names` are the labels of rows and columns. With at most 20 columns, the counts are
    written into the cells.
    """
    order = column_order(counts, noise)
    ordered = counts[:, order]
    share = ordered / np.maximum(ordered.sum(axis=0), 1)
    rows, columns = ordered.shape
    with figure_style():
        height = float(np.clip(0.42 * rows, 1.2, 9)) + 1.3
        figure = new_figure(WIDTH, height)
        axes = figure.subplots()
        image = axes.imshow(share, cmap="Blues", vmin=0, vmax=1, aspect="auto", interpolation="nearest")
        bar = figure.colorbar(image, ax=axes, pad=0.015, aspect=30, format=PercentFormatter(1, decimals=0))
        bar.outline.set_visible(False)
        bar.set_label("share of the cluster", color=MUTED)
        _label_axes(axes, class_names, [cluster_names[column] for column in order], axis_names)
        if noise and columns > 1:
            axes.axvline(columns - 1.5, color="white", linewidth=5)
        if columns <= 20:
            _write_counts(axes, ordered, share)
        add_heading(axes, title)
    return figure


def column_order(counts: Counts, noise: bool = False) -> NDArray[np.intp]:
    """Return the columns sorted by majority class, then by falling purity; if `noise`, the last column stays last."""
    k = counts.shape[1] - int(noise)
    clusters = counts[:, :k]
    purity = clusters.max(axis=0, initial=0) / np.maximum(clusters.sum(axis=0), 1)
    order = np.lexsort((-purity, clusters.argmax(axis=0)))
    return np.concatenate([order, np.arange(k, counts.shape[1])])


def _label_axes(
    axes: Axes, class_names: Sequence[str], cluster_names: Sequence[str], axis_names: tuple[str, str]
) -> None:
    columns = len(cluster_names)
    size = float(np.interp(columns, (20, 100), (9, 4.5)))
    rotation = 90 if columns > 20 else 0
    axes.set_xticks(range(columns), [shorten(name) for name in cluster_names], size=size, rotation=rotation)
    rows = range(0, len(class_names), max(1, len(class_names) // 40))
    axes.set_yticks(rows, [shorten(class_names[row]) for row in rows])
    axes.tick_params(colors=INK)
    axes.spines[:].set_visible(False)
    axes.set_xlabel(axis_names[1])
    axes.set_ylabel(axis_names[0])


def _write_counts(axes: Axes, counts: Counts, share: NDArray[np.float64]) -> None:
    """Write the counts into their cells, without zeros, so that errors are easy to see."""
    widest = len(f"{counts.max(initial=0):,}")
    size = float(np.clip(120 / max(counts.shape[1], 8) / max(widest / 5, 1), 5, 9.5))
    for (row, column), count in np.ndenumerate(counts):
        if count:
            colour = "white" if share[row, column] > 0.55 else INK
            axes.text(column, row, f"{count:,}", ha="center", va="center", size=size, color=colour)
