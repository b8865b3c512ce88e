"""What labels buy: accuracy over the number of images that a person labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator, PercentFormatter

from pipeline.figures.style import INK, WIDTH, heading, hue, marker, new_figure, style


def budgets(
    labelled: Sequence[int],
    ways: Mapping[str, tuple[Sequence[float], Sequence[float]]],
    title: str = "Accuracy over labelled images",
) -> Figure:
    """Draw mean and standard deviation of the accuracy (b,) of each way over the numbers `labelled` (b,)."""
    with style():
        figure = new_figure(WIDTH, 3.4)
        axes = figure.subplots()
        for place, (name, (mean, spread)) in enumerate(ways.items()):
            axes.errorbar(labelled, mean, spread, color=hue(2 * place), marker=marker(place), capsize=3,
                          markersize=5, label=f"{name}: {mean[-1]:.4f} with {labelled[-1]:,}")  # fmt: skip
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(FixedLocator(list(labelled)))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.set_xticklabels([f"{budget:,}" for budget in labelled])
        axes.set_xlabel("images labelled by hand")
        axes.set_ylabel("right among all others")
        axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        axes.grid(axis="y")
        axes.legend(loc="lower right", labelcolor=INK)
        heading(axes, title)
    return figure
