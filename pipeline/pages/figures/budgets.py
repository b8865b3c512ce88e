"""Accuracy of spread labels over the number of images labelled by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator, PercentFormatter

from pipeline.pages.figures.style import INK, WIDTH, add_heading, figure_style, group_colour, group_marker, new_figure


def plot_budgets(
    budgets: Sequence[int],
    curves: Mapping[str, tuple[Sequence[float], Sequence[float]]],
    title: str = "Accuracy over labelled images",
) -> Figure:
    """Plot accuracy over the numbers of labelled images `budgets` (b,).

    `curves` maps the name of each way to pick images to the means (b,) and standard deviations (b,) of its accuracy.
    """
    with figure_style():
        figure = new_figure(WIDTH, 3.4)
        axes = figure.subplots()
        for group, (name, (mean, deviation)) in enumerate(curves.items()):
            label = f"{name}: {mean[-1]:.4f} with {budgets[-1]:,} labels"
            axes.errorbar(budgets, mean, deviation, color=group_colour(2 * group), marker=group_marker(group),
                          capsize=3, markersize=5, label=label)  # fmt: skip
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(FixedLocator(list(budgets)))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.set_xticklabels([f"{budget:,}" for budget in budgets])
        axes.set_xlabel("images labelled by hand")
        axes.set_ylabel("accuracy on all other images")
        axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        axes.grid(axis="y")
        axes.legend(loc="lower right", labelcolor=INK)
        add_heading(axes, title)
    return figure
