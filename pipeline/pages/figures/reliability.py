"""Reliability diagram: confidence against the share of right images."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter
from numpy.typing import NDArray

from pipeline.pages.figures.style import FAINT, INK, PALETTE, WIDTH, add_heading, figure_style, new_figure

COLOURS = (PALETTE[0], PALETTE[2])

Bins = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]
"""Mean confidence, mean accuracy, and number of images of each bin (b,)."""


def plot_reliability(parts: Mapping[str, Bins], title: str = "Reliability of the confidence") -> Figure:
    """Plot the accuracy in bins of confidence, a line per part, and below it how many images the bins hold.

    On the diagonal, confidence is the share of right images; below it, images are less often right than their
    confidence says. `parts` are bins by the name of the part, at most two.
    """
    with figure_style():
        figure = new_figure(WIDTH, 4.2)
        upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
        upper.plot([0, 1], [0, 1], color=FAINT, linewidth=1.2)
        for colour, (name, (confidence, accuracy, counts)) in zip(COLOURS, parts.items(), strict=False):
            upper.plot(confidence, accuracy, color=colour, marker="o", markersize=4, label=name)
            lower.plot(confidence, counts, color=colour, marker="o", markersize=4, linewidth=0.8)
        upper.set(xlim=(0, 1.01), ylim=(0, 1.02), ylabel="share of right images")
        upper.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        upper.legend(loc="upper left", labelcolor=INK)
        lower.set_yscale("log")
        lower.set(xlabel="confidence", ylabel="images")
        for axes in (upper, lower):
            axes.grid(axis="y")
        add_heading(upper, title)
    return figure
