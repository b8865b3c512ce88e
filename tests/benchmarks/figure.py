"""The benchmark as a picture: how many times as fast ours is as each peer."""

from __future__ import annotations

from statistics import median
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pipeline.figures.style import INK, MUTED, WIDTH, heading, hue, new_figure, style
from tests.benchmarks.rows import ROWS

NUMBER = 0.3
"""How wide a number is, in units of the axis."""


def figure(record: dict[str, Any]) -> Figure:
    """Draw the ratios as bars, with the targets as marks."""
    with style():
        drawn = new_figure(WIDTH, 4.2)
        _ratios(drawn.subplots(), [row for row in record["rows"] if row["row"] != "sweep"])
    return drawn


def _ratios(axes: Axes, rows: list[dict[str, Any]]) -> None:
    bars = [
        (f"{row['row']}: {arm['arm']}", median(arm["seconds"]) / median(row["arms"][0]["seconds"]),
         ROWS[row["row"]].faster.get(arm["arm"]))
        for row in rows for arm in row["arms"][1:] if peer(arm["arm"])
    ][::-1]  # fmt: skip
    axes.barh([name for name, _, _ in bars], [ratio for _, ratio, _ in bars], color=hue(0), height=0.6)
    for place, (_, ratio, wanted) in enumerate(bars):
        # Where the target's mark would cross the number, the number stands behind it.
        end = wanted if wanted and ratio <= wanted < ratio + NUMBER else ratio
        axes.annotate(f"{ratio:.2f}", (end, place), xytext=(5, 0), textcoords="offset points", va="center", color=INK)
        if wanted:
            axes.plot([wanted, wanted], [place - 0.4, place + 0.4], color=hue(1), linewidth=3)
    axes.axvline(1, color=MUTED, linewidth=0.8)
    axes.margins(x=0.15)
    axes.set_xlabel("seconds of the peer over ours")
    heading(axes, "Times as fast as its peers\nyellow: the target, where there is one")


def peer(arm: str) -> bool:
    """Whether an arm is another's work, and not ours in another way or a floor."""
    return not arm.startswith(("ours", "bare", "empty", "again", "in sequence"))
