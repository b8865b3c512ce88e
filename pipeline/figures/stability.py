"""How stable clusters are: agreement of repeats by what was repeated, and each cluster's own stability."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from pipeline.figures.style import INK, MUTED, PALETTE, WIDTH, heading, new_figure, style

Values = NDArray[np.floating[Any]]
WRITTEN = 24
"""Up to this many clusters the numbers are written into their cells."""


def stability(pairs: Mapping[str, Values], jaccard: Values, clusters: Sequence[str], title: str) -> Figure:
    """Draw the ARI of every pair of repeats by source, and beside it the stability (sources, k) of each cluster.

    `pairs` has a value per pair, by source; `clusters` (k) names the columns of `jaccard`, which is in [0, 1].
    """
    with style():
        figure = new_figure(WIDTH, 1.5 + 0.55 * len(pairs))
        left, right = figure.subplots(1, 2, sharey=True, width_ratios=[1, 1.7])
        _pairs(left, pairs)
        heading(left, f"Do repeats agree?\n{title}")
        _clusters(right, jaccard, clusters)
        heading(right, "Which clusters stay?\nmean best Jaccard over the repeats")
        left.set_yticks(range(len(pairs)), list(pairs))
    return figure


def _pairs(axes: Axes, pairs: Mapping[str, Values]) -> None:
    """A dot per pair, one above the other so that none hides, and the mean as a line with its number."""
    lowest = min(float(values.min()) for values in pairs.values())
    room = max(1 - lowest, 0.02)
    for place, values in enumerate(pairs.values()):
        spread = np.linspace(0.16, -0.16, len(values)) if len(values) > 1 else np.zeros(1)
        axes.plot(np.sort(values), place + spread, "o", color=PALETTE[0], alpha=0.55, markersize=4.5, mew=0)
        mean = float(values.mean())
        axes.plot([mean, mean], [place - 0.26, place + 0.26], color=INK, linewidth=2)
        axes.annotate(f"{mean:.3f}", (mean, place - 0.26), (0, 2), textcoords="offset points", ha="center", size=8.5)
    axes.axvline(1, color=MUTED, linewidth=0.6, linestyle=":")
    axes.set_xlim(lowest - 0.12 * room, 1 + 0.12 * room)
    axes.tick_params(axis="y", colors=INK)
    axes.set_xlabel("ARI of two repeats")
    axes.grid(axis="x")


def _clusters(axes: Axes, jaccard: Values, clusters: Sequence[str]) -> None:
    if not len(clusters):
        axes.axis("off")
        return
    shown = axes.imshow(jaccard, cmap="Blues", vmin=0.3, vmax=1, aspect="auto", interpolation="nearest")
    bar = axes.figure.colorbar(shown, ax=axes, pad=0.02, aspect=24, extend="min")
    bar.outline.set_visible(False)
    every = max(1, len(clusters) // 20)
    axes.set_xticks(range(0, len(clusters), every), list(clusters[::every]))
    axes.tick_params(axis="x", colors=INK)
    axes.tick_params(axis="y", labelleft=False)
    axes.spines[:].set_visible(False)
    if len(clusters) > WRITTEN:
        return
    size = float(np.interp(len(clusters), (10, WRITTEN), (8.5, 5)))
    for (row, column), value in np.ndenumerate(jaccard):
        colour = "white" if value > 0.75 else INK
        axes.text(column, row, f"{value:.2f}".removeprefix("0"), ha="center", va="center", size=size, color=colour)
