"""The contingency heat map: which class went into which cluster."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter
from numpy.typing import NDArray

from pipeline.figures.style import INK, MUTED, WIDTH, heading, new_figure, shorten, style

Counts = NDArray[np.integer[Any]]


def contingency(
    counts: Counts,
    class_names: Sequence[str],
    cluster_names: Sequence[str],
    title: str = "Classes and clusters",
    noise: bool = False,
    axis_names: tuple[str, str] = ("class", "cluster"),
) -> Figure:
    """Draw counts (classes, clusters) as a heat map, coloured by the shares of each column.

    Columns are ordered by majority class, so that a good clustering shows a diagonal; `noise` says that the
    last one is noise, which stays last. `axis_names` are those of rows and columns. Up to 20 columns, the counts
    are written into the cells.
    """
    order = column_order(counts, noise)
    shown = counts[:, order]
    share = shown / np.maximum(shown.sum(axis=0), 1)
    rows, columns = shown.shape
    with style():
        height = float(np.clip(0.42 * rows, 1.2, 9)) + 1.3
        figure = new_figure(WIDTH, height)
        axes = figure.subplots()
        image = axes.imshow(share, cmap="Blues", vmin=0, vmax=1, aspect="auto", interpolation="nearest")
        bar = figure.colorbar(image, ax=axes, pad=0.015, aspect=30, format=PercentFormatter(1, decimals=0))
        bar.outline.set_visible(False)
        bar.set_label("share of the cluster", color=MUTED)
        _name_axes(axes, class_names, [cluster_names[column] for column in order], axis_names)
        if noise and columns > 1:
            axes.axvline(columns - 1.5, color="white", linewidth=5)
        if columns <= 20:
            _write(axes, shown, share)
        heading(axes, title)
    return figure


def column_order(counts: Counts, noise: bool = False) -> NDArray[np.intp]:
    """Return the columns by majority class, the purest of a class first; with `noise` the last stays last."""
    last = counts.shape[1] - int(noise)
    real = counts[:, :last]
    purity = real.max(axis=0, initial=0) / np.maximum(real.sum(axis=0), 1)
    order = np.lexsort((-purity, real.argmax(axis=0)))
    return np.concatenate([order, np.arange(last, counts.shape[1])])


def _name_axes(
    axes: Axes, class_names: Sequence[str], cluster_names: Sequence[str], axis_names: tuple[str, str]
) -> None:
    columns = len(cluster_names)
    size = float(np.interp(columns, (20, 100), (9, 4.5)))
    upright = 90 if columns > 20 else 0
    axes.set_xticks(range(columns), [shorten(name) for name in cluster_names], size=size, rotation=upright)
    rows = range(0, len(class_names), max(1, len(class_names) // 40))
    axes.set_yticks(rows, [shorten(class_names[row]) for row in rows])
    axes.tick_params(colors=INK)
    axes.spines[:].set_visible(False)
    axes.set_xlabel(axis_names[1])
    axes.set_ylabel(axis_names[0])


def _write(axes: Axes, counts: Counts, share: NDArray[np.float64]) -> None:
    """Write the counts into their cells; zeros are left out, so that the mistakes stand out."""
    widest = len(f"{counts.max(initial=0):,}")
    size = float(np.clip(120 / max(counts.shape[1], 8) / max(widest / 5, 1), 5, 9.5))
    for (row, column), count in np.ndenumerate(counts):
        if count:
            colour = "white" if share[row, column] > 0.55 else INK
            axes.text(column, row, f"{count:,}", ha="center", va="center", size=size, color=colour)
