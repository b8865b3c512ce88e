"""Time and memory over the number of images, as a picture."""

from __future__ import annotations

from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pipeline.figures.style import INK, MUTED, WIDTH, heading, hue, marker, new_figure, style

SHOWN = 6
"""Stages with a line of their own: those that take the most of the largest run."""


def figure(record: dict[str, Any]) -> Figure:
    """Draw the seconds of the slowest stages and of the whole, and beside them the peak memory."""
    with style():
        drawn = new_figure(WIDTH, 4.0)
        left, right = drawn.subplots(1, 2, width_ratios=(3, 2))
        _seconds(left, record["runs"])
        _memory(right, record["runs"])
        for axes in (left, right):
            axes.set_xscale("log")
            axes.set_xticks([run["n"] for run in record["runs"]], minor=False)
            axes.set_xticks([], minor=True)
            axes.xaxis.set_major_formatter("{x:,.0f}")
            axes.grid(axis="y")
            axes.set_xlabel("images")
    return drawn


def _seconds(axes: Axes, runs: list[dict[str, Any]]) -> None:
    largest = runs[-1]["stages"]
    slowest = sorted(largest, key=lambda name: -largest[name]["seconds"])[:SHOWN]
    sizes = [run["n"] for run in runs]
    axes.plot(sizes, [run["seconds"] for run in runs], color=INK, marker="o", linewidth=2.4)
    ends = [(runs[-1]["seconds"], "all of it", INK)]
    for place, name in enumerate(slowest):
        seconds = [run["stages"][name]["seconds"] for run in runs]
        axes.plot(sizes, seconds, color=hue(place), marker=marker(place), linewidth=1.4)
        ends.append((seconds[-1], name, hue(place)))
    axes.set_yscale("log")
    axes.set_yticks([1, 3, 10, 30, 100, 300, 1000, 3000])
    axes.set_yticks([], minor=True)
    axes.yaxis.set_major_formatter("{x:,.0f}")
    axes.set_ylim(min(min(run["stages"][name]["seconds"] for name in slowest) for run in runs) / 1.5, ends[0][0] * 1.5)
    axes.set_ylabel("seconds")
    for height, (seconds, name, colour) in zip(apart([one[0] for one in ends]), ends, strict=True):
        axes.annotate(
            name, (sizes[-1], seconds), xytext=(1.04, height), textcoords=axes.get_yaxis_transform(), va="center",
            color=colour, annotation_clip=False,
        )  # fmt: skip
    heading(axes, "Time\nthe slowest stages, and all of it")


def apart(values: list[float], least: float = 1.42) -> list[float]:
    """Return where to write each value's name on a logarithmic axis: at least that factor over the one below."""
    order, floor, found = sorted(range(len(values)), key=lambda place: values[place]), 0.0, list(values)
    for place in order:
        found[place] = floor = max(values[place], floor * least)
    return found


def _memory(axes: Axes, runs: list[dict[str, Any]]) -> None:
    axes.plot([run["n"] for run in runs], [run["peak_mib"] / 1024 for run in runs], color=hue(0), marker="o")
    for run in runs:
        axes.annotate(
            f"{run['peak_mib'] / 1024:.1f}", (run["n"], run["peak_mib"] / 1024), xytext=(0, 7), color=MUTED,
            textcoords="offset points", ha="center",
        )  # fmt: skip
    axes.set_ylim(0, 8)
    axes.set_ylabel("GiB")
    heading(axes, "Peak memory\nof the process")
