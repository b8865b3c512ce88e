"""Bar chart of the benchmark: time of each other library divided by ours."""

from __future__ import annotations

from statistics import median
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pipeline.pages.figures.style import INK, MUTED, WIDTH, add_heading, figure_style, group_colour, new_figure
from tests.benchmarks.rows import ROWS

NUMBER_WIDTH = 0.3
"""Width of a printed number in units of the axis."""

OWN_ARMS = ("ours", "bare", "empty", "again", "in sequence")
"""How the names of arms begin that are variants of our own work or lower bounds."""


def speed_figure(record: dict[str, Any]) -> Figure:
    """Draw the ratios as bars, with the targets as marks."""
    with figure_style():
        figure = new_figure(WIDTH, 4.2)
        _draw_ratios(figure.subplots(), [row for row in record["rows"] if row["row"] != "sweep"])
    return figure


def _draw_ratios(axes: Axes, rows: list[dict[str, Any]]) -> None:
    bars = [
        (f"{row['row']}: {arm['arm']}", median(arm["seconds"]) / median(row["arms"][0]["seconds"]),
         ROWS[row["row"]].target_ratios.get(arm["arm"]))
        for row in rows for arm in row["arms"][1:] if not arm["arm"].startswith(OWN_ARMS)
    ][::-1]  # fmt: skip
    axes.barh([name for name, _, _ in bars], [ratio for _, ratio, _ in bars], color=group_colour(0), height=0.6)
    for index, (_, ratio, target) in enumerate(bars):
        # Where the target's mark would cross the number, the number is printed behind the mark.
        end = target if target and ratio <= target < ratio + NUMBER_WIDTH else ratio
        axes.annotate(f"{ratio:.2f}", (end, index), xytext=(5, 0), textcoords="offset points", va="center", color=INK)
        if target:
            axes.plot([target, target], [index - 0.4, index + 0.4], color=group_colour(1), linewidth=3)
    axes.axvline(1, color=MUTED, linewidth=0.8)
    axes.margins(x=0.15)
    axes.set_xlabel("time of the other library divided by ours")
    add_heading(axes, "Speed relative to other libraries\nyellow: the target, where there is one")
