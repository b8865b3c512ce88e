"""The benchmark as a picture: how many times as fast ours is as each peer, and how the costs grow."""

from __future__ import annotations

from statistics import median
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pipeline.figures.style import INK, MUTED, WIDTH, heading, hue, marker, new_figure, style
from tests.benchmarks.rows import ROWS


def figure(record: dict[str, Any]) -> Figure:
    """Draw the ratios as bars, with the targets as marks, and beside them the seconds over the number of images."""
    rows = {row["row"]: row for row in record["rows"]}
    with style():
        drawn = new_figure(WIDTH, 4.2)
        left, right = drawn.subplots(1, 2, width_ratios=(3, 2))
        _ratios(left, [row for name, row in rows.items() if name != "sweep"])
        _growth(right, rows.get("growth"))
    return drawn


def _ratios(axes: Axes, rows: list[dict[str, Any]]) -> None:
    bars = [
        (f"{row['row']}: {arm['arm']}", median(arm["seconds"]) / median(row["arms"][0]["seconds"]),
         ROWS[row["row"]].faster.get(arm["arm"]))
        for row in rows for arm in row["arms"][1:] if peer(arm["arm"])
    ][::-1]  # fmt: skip
    axes.barh([name for name, _, _ in bars], [ratio for _, ratio, _ in bars], color=hue(0), height=0.6)
    for place, (_, ratio, wanted) in enumerate(bars):
        axes.annotate(f"{ratio:.2f}", (ratio, place), xytext=(4, 0), textcoords="offset points", va="center", color=INK)
        if wanted:
            axes.plot([wanted, wanted], [place - 0.4, place + 0.4], color=hue(1), linewidth=3)
    axes.axvline(1, color=MUTED, linewidth=0.8)
    axes.margins(x=0.15)
    axes.set_xlabel("seconds of the peer over ours")
    heading(axes, "Times as fast as its peers\nyellow: the target, where there is one")


def peer(arm: str) -> bool:
    """Whether an arm is another's work, and not ours in another way or a floor."""
    return not arm.startswith(("ours", "bare", "empty", "again", "in sequence"))


def _growth(axes: Axes, row: dict[str, Any] | None) -> None:
    facts = row["arms"][0]["facts"] if row else {}
    for place, name in enumerate(("graph", "UMAP")):
        points = [(int(key.split()[1]), value) for key, value in facts.items() if key.startswith(name)]
        axes.plot(
            *zip(*points, strict=True) if points else ((), ()), color=hue(2 * place), marker=marker(place), label=name
        )
    if facts:
        axes.set_xscale("log", base=2)
        axes.set_yscale("log")
        axes.set_xticks([int(key.split()[1]) for key in facts if key.startswith("graph")])
        axes.xaxis.set_major_formatter("{x:,.0f}")
        axes.legend(labelcolor=INK)
    axes.set_xlabel("images")
    axes.set_ylabel("seconds")
    heading(axes, "Growth")
