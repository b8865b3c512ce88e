"""Small multiples of cluster validity indices over the number of clusters, with their recommendations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from pipeline.pages.figures.style import INK, MUTED, PALETTE, WIDTH, add_heading, figure_style, new_figure


class PlottedIndex(Protocol):
    """An index to plot: its title and the columns of its values and standard errors."""

    @property
    def title(self) -> str:
        """Return the title of the panel."""

    @property
    def column(self) -> str:
        """Return the column of the values."""

    @property
    def error(self) -> str:
        """Return the column of the standard errors, empty if there is none."""


def plot_how_many(
    table: pd.DataFrame, indices: Mapping[str, PlottedIndex], picks: Mapping[str, int | None], run_k: int, title: str
) -> Figure:
    """Plot each index over the column `k` of `table` in a panel of its own, and a last panel with all recommendations.

    `picks` are the recommended numbers of clusters by index, None for no recommendation. `run_k` is the number of
    clusters of the run, a dotted line in each panel.
    """
    with figure_style():
        columns = 3
        figure = new_figure(WIDTH, 2.6 * -(-(len(indices) + 1) // columns))
        figure.get_layout_engine().set(hspace=0.1, wspace=0.05)  # type: ignore[union-attr,call-arg]
        panels = figure.subplots(-(-(len(indices) + 1) // columns), columns).ravel()
        for axes, (name, index) in zip(panels, indices.items(), strict=False):
            _plot_index(axes, table, index, picks[name])
            axes.axvline(run_k, color=MUTED, linewidth=0.9, linestyle=":", zorder=0)
            recommendation = "no recommendation" if picks[name] is None else f"recommends {picks[name]}"
            add_heading(axes, f"{index.title}\n{recommendation}", above=5)
        _plot_recommendations(panels[len(indices)], table, indices, picks, run_k)
        add_heading(panels[len(indices)], f"Recommendations\n{title}", above=5)
        for axes in panels[len(indices) + 1 :]:
            axes.axis("off")
    return figure


def _plot_index(axes: Axes, table: pd.DataFrame, index: PlottedIndex, pick: int | None) -> None:
    """Plot the values of one index with their standard errors, and mark the recommended k."""
    measured = table[table[index.column].notna()]
    values = measured[index.column].to_numpy(float)
    axes.plot(measured["k"], values, color=PALETTE[0], marker="o", markersize=2.6, linewidth=1.4)
    if index.error:
        error = measured[index.error].to_numpy(float)
        axes.fill_between(measured["k"], values - error, values + error, color=PALETTE[0], alpha=0.2, linewidth=0)
    if pick is not None and (measured["k"] == pick).any():
        value = float(measured.loc[measured["k"] == pick, index.column].iloc[0])
        axes.plot([pick], [value], "o", color=PALETTE[2], markersize=7.5, zorder=4)
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    axes.yaxis.set_major_locator(MaxNLocator(4))
    axes.yaxis.set_major_formatter(FuncFormatter(_abbreviate))
    axes.tick_params(labelsize=8)
    axes.set_xlim(table["k"].min() - 0.8, table["k"].max() + 0.8)
    axes.grid(axis="y")


def _abbreviate(value: float, position: int | None = None) -> str:  # noqa: ARG001
    """Write thousands as k, which avoids an offset text above the axis."""
    return f"{value / 1000:g}k" if abs(value) >= 1000 else f"{value:g}"


def _plot_recommendations(
    axes: Axes, table: pd.DataFrame, indices: Mapping[str, PlottedIndex], picks: Mapping[str, int | None], run_k: int
) -> None:
    """Plot the recommended k of each index in one row."""
    for row, name in enumerate(indices):
        pick = picks[name]
        axes.axhline(row, color="#eceef2", linewidth=1, zorder=0)
        if pick is not None:
            axes.plot([pick], [row], "o", color=PALETTE[2], markersize=7)
            axes.annotate(str(pick), (pick, row), (7, 0), textcoords="offset points", va="center", size=8.5)
    axes.axvline(run_k, color=MUTED, linewidth=0.9, linestyle=":", zorder=0)
    axes.annotate("this run", (run_k, len(indices) - 0.45), (3, 0), textcoords="offset points", color=MUTED, size=7.5)
    axes.set_yticks(range(len(indices)), [index.title for index in indices.values()])
    axes.tick_params(axis="y", colors=INK, labelsize=8)
    axes.tick_params(axis="x", labelsize=8)
    axes.set(xlim=(table["k"].min() - 0.8, table["k"].max() + 1.8), ylim=(len(indices) - 0.4, -0.6))
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
