"""Line charts of time and memory against the number of images."""

from __future__ import annotations

from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pipeline.pages.figures.style import (
    INK,
    MUTED,
    WIDTH,
    add_heading,
    figure_style,
    group_colour,
    group_marker,
    new_figure,
)

LINES = 6
"""Stages with a line of their own: the slowest of the largest run."""


def growth_figure(record: dict[str, Any]) -> Figure:
    """Draw the seconds of the slowest stages and of the whole run, and the peak memory."""
    with figure_style():
        figure = new_figure(WIDTH, 4.0)
        left, right = figure.subplots(1, 2, width_ratios=(3, 2))
        _draw_seconds(left, record["runs"])
        _draw_memory(right, record["runs"])
        for axes in (left, right):
            axes.set_xscale("log")
            axes.set_xticks([run["n"] for run in record["runs"]], minor=False)
            axes.set_xticks([], minor=True)
            axes.xaxis.set_major_formatter("{x:,.0f}")
            axes.grid(axis="y")
            axes.set_xlabel("images")
    return figure


def _draw_seconds(axes: Axes, runs: list[dict[str, Any]]) -> None:
    largest = runs[-1]["stages"]
    slowest = sorted(largest, key=lambda name: -largest[name]["seconds"])[:LINES]
    sizes = [run["n"] for run in runs]
    axes.plot(sizes, [run["seconds"] for run in runs], color=INK, marker="o", linewidth=2.4)
    ends = [(runs[-1]["seconds"], "whole run", INK)]
    for index, name in enumerate(slowest):
        seconds = [run["stages"][name]["seconds"] for run in runs]
        axes.plot(sizes, seconds, color=group_colour(index), marker=group_marker(index), linewidth=1.4)
        ends.append((seconds[-1], name, group_colour(index)))
    axes.set_yscale("log")
    axes.set_yticks([1, 3, 10, 30, 100, 300, 1000, 3000])
    axes.set_yticks([], minor=True)
    axes.yaxis.set_major_formatter("{x:,.0f}")
    axes.set_ylim(min(min(run["stages"][name]["seconds"] for name in slowest) for run in runs) / 1.5, ends[0][0] * 1.5)
    axes.set_ylabel("seconds")
    for height, (seconds, name, colour) in zip(separate([end[0] for end in ends]), ends, strict=True):
        axes.annotate(
            name, (sizes[-1], seconds), xytext=(1.04, height), textcoords=axes.get_yaxis_transform(), va="center",
            color=colour, annotation_clip=False,
        )  # fmt: skip
    add_heading(axes, "Time\nthe slowest stages and the whole run")


def separate(values: list[float], factor: float = 1.42) -> list[float]:
    """Return heights for the values' names on a logarithmic axis, each at least `factor` times the one below."""
    heights, below = list(values), 0.0
    for index in sorted(range(len(values)), key=lambda index: values[index]):
        heights[index] = below = max(values[index], below * factor)
    return heights


def _draw_memory(axes: Axes, runs: list[dict[str, Any]]) -> None:
    axes.plot([run["n"] for run in runs], [run["peak_mib"] / 1024 for run in runs], color=group_colour(0), marker="o")
    for run in runs:
        axes.annotate(
            f"{run['peak_mib'] / 1024:.1f}", (run["n"], run["peak_mib"] / 1024), xytext=(0, 7), color=MUTED,
            textcoords="offset points", ha="center",
        )  # fmt: skip
    axes.set_ylim(0, 8)
    axes.set_ylabel("GiB")
    add_heading(axes, "Peak memory\nof the process")
