"""Small multiples of the indices over the number of clusters, each with what it recommends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from pipeline.figures.style import INK, MUTED, PALETTE, WIDTH, heading, new_figure, style


class Shown(Protocol):
    """What is drawn of an index: its title, the table's column of its values, and that of their errors if any."""

    @property
    def title(self) -> str:
        """Its name."""

    @property
    def column(self) -> str:
        """Of its values."""

    @property
    def error(self) -> str:
        """Of their standard errors, empty if it has none."""


def how_many(
    table: pd.DataFrame, indices: Mapping[str, Shown], picks: Mapping[str, int | None], own: int, title: str
) -> Figure:
    """Draw a panel per index over the column `k` of `table`, and one of the recommendations `picks` side by side.

    `own` is the run's number of clusters, a dotted line in each panel.
    """
    with style():
        columns = 3
        figure = new_figure(WIDTH, 2.6 * -(-(len(indices) + 1) // columns))
        figure.get_layout_engine().set(hspace=0.1, wspace=0.05)  # type: ignore[union-attr,call-arg]
        panels = figure.subplots(-(-(len(indices) + 1) // columns), columns).ravel()
        for axes, (name, index) in zip(panels, indices.items(), strict=False):
            _curve(axes, table, index, picks[name])
            axes.axvline(own, color=MUTED, linewidth=0.9, linestyle=":", zorder=0)
            pick = picks[name]
            heading(axes, f"{index.title}\n{'recommends nothing' if pick is None else f'recommends {pick}'}", above=5)
        _side_by_side(panels[len(indices)], table, indices, picks, own)
        heading(panels[len(indices)], f"Side by side\n{title}", above=5)
        for axes in panels[len(indices) + 1 :]:
            axes.axis("off")
    return figure


def _curve(axes: Axes, table: pd.DataFrame, index: Shown, pick: int | None) -> None:
    known = table[table[index.column].notna()]
    values = known[index.column].to_numpy(float)
    axes.plot(known["k"], values, color=PALETTE[0], marker="o", markersize=2.6, linewidth=1.4)
    if index.error:
        error = known[index.error].to_numpy(float)
        axes.fill_between(known["k"], values - error, values + error, color=PALETTE[0], alpha=0.2, linewidth=0)
    if pick is not None and (known["k"] == pick).any():
        chosen = float(known.loc[known["k"] == pick, index.column].iloc[0])
        axes.plot([pick], [chosen], "o", color=PALETTE[2], markersize=7.5, zorder=4)
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    axes.yaxis.set_major_locator(MaxNLocator(4))
    axes.yaxis.set_major_formatter(FuncFormatter(_short))
    axes.tick_params(labelsize=8)
    axes.set_xlim(table["k"].min() - 0.8, table["k"].max() + 0.8)
    axes.grid(axis="y")


def _short(value: float, position: int | None = None) -> str:  # noqa: ARG001
    """Thousands as k, so that no power of ten has to stand above the axis."""
    return f"{value / 1000:g}k" if abs(value) >= 1000 else f"{value:g}"


def _side_by_side(
    axes: Axes, table: pd.DataFrame, indices: Mapping[str, Shown], picks: Mapping[str, int | None], own: int
) -> None:
    for place, name in enumerate(indices):
        pick = picks[name]
        axes.axhline(place, color="#eceef2", linewidth=1, zorder=0)
        if pick is not None:
            axes.plot([pick], [place], "o", color=PALETTE[2], markersize=7)
            axes.annotate(str(pick), (pick, place), (7, 0), textcoords="offset points", va="center", size=8.5)
    axes.axvline(own, color=MUTED, linewidth=0.9, linestyle=":", zorder=0)
    axes.annotate("this run", (own, len(indices) - 0.45), (3, 0), textcoords="offset points", color=MUTED, size=7.5)
    axes.set_yticks(range(len(indices)), [index.title for index in indices.values()])
    axes.tick_params(axis="y", colors=INK, labelsize=8)
    axes.tick_params(axis="x", labelsize=8)
    axes.set(xlim=(table["k"].min() - 0.8, table["k"].max() + 1.8), ylim=(len(indices) - 0.4, -0.6))
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
