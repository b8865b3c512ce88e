"""Stability of a clustering: agreement between repeats, and the stability of each cluster."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from pipeline.pages.figures.style import INK, MUTED, PALETTE, WIDTH, add_heading, figure_style, new_figure

Values = NDArray[np.floating[Any]]
MAX_WRITTEN = 24
"""With at most this many clusters, the values are written into the cells."""


def plot_stability(pairs: Mapping[str, Values], jaccard: Values, clusters: Sequence[str], title: str) -> Figure:
    """Plot the ARI of all pairs of repeats, and a heat map of the stability of each cluster, by source of variation.

    `pairs` maps each source to the ARI of its pairs of repeats. `jaccard` (sources, k) in [0, 1] holds mean best
    Jaccard coefficients, and `clusters` are the names of its k columns.
    """
    with figure_style():
        figure = new_figure(WIDTH, 1.5 + 0.55 * len(pairs))
        left, right = figure.subplots(1, 2, sharey=True, width_ratios=[1, 1.7])
        _plot_pairs(left, pairs)
        add_heading(left, f"Agreement of repeats\n{title}")
        _plot_clusters(right, jaccard, clusters)
        add_heading(right, "Stability of each cluster\nmean best Jaccard over the repeats")
        left.set_yticks(range(len(pairs)), list(pairs))
    return figure


def _plot_pairs(axes: Axes, pairs: Mapping[str, Values]) -> None:
    """Plot one dot per pair, spread vertically so that dots do not overlap, and the mean as a labelled line."""
    lowest = min(float(values.min()) for values in pairs.values())
    room = max(1 - lowest, 0.02)
    for row, values in enumerate(pairs.values()):
        spread = np.linspace(0.16, -0.16, len(values)) if len(values) > 1 else np.zeros(1)
        axes.plot(np.sort(values), row + spread, "o", color=PALETTE[0], alpha=0.55, markersize=4.5, mew=0)
        mean = float(values.mean())
        axes.plot([mean, mean], [row - 0.26, row + 0.26], color=INK, linewidth=2)
        axes.annotate(f"{mean:.3f}", (mean, row - 0.26), (0, 2), textcoords="offset points", ha="center", size=8.5)
    axes.axvline(1, color=MUTED, linewidth=0.6, linestyle=":")
    axes.set_xlim(lowest - 0.12 * room, 1 + 0.12 * room)
    axes.tick_params(axis="y", colors=INK)
    axes.set_xlabel("ARI between two repeats")
    axes.grid(axis="x")


def _plot_clusters(axes: Axes, jaccard: Values, clusters: Sequence[str]) -> None:
    """Plot the heat map of Jaccard coefficients, sources by clusters."""
    if not len(clusters):
        axes.axis("off")
        return
    image = axes.imshow(jaccard, cmap="Blues", vmin=0.3, vmax=1, aspect="auto", interpolation="nearest")
    bar = axes.figure.colorbar(image, ax=axes, pad=0.02, aspect=24, extend="min")
    bar.outline.set_visible(False)
    step = max(1, len(clusters) // 20)
    axes.set_xticks(range(0, len(clusters), step), list(clusters[::step]))
    axes.tick_params(axis="x", colors=INK)
    axes.tick_params(axis="y", labelleft=False)
    axes.spines[:].set_visible(False)
    if len(clusters) > MAX_WRITTEN:
        return
    size = float(np.interp(len(clusters), (10, MAX_WRITTEN), (8.5, 5)))
    for (row, column), value in np.ndenumerate(jaccard):
        colour = "white" if value > 0.75 else INK
        axes.text(column, row, f"{value:.2f}".removeprefix("0"), ha="center", va="center", size=size, color=colour)
