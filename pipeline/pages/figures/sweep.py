"""Summary figure of a sweep: scores over a swept key."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pipeline.pages.figures.style import INK, add_heading, figure_style, group_colour, new_figure


def plot_sweep(table: pd.DataFrame, swept: Sequence[str], scores: Sequence[str]) -> Figure:
    """Plot scores over the values of the first swept key: lines over numbers, dotted lines over names.

    `table` has one row per job, with a column for each key in `swept`, each score in `scores`, and `k`. If there are
    further swept keys, each point is a job, and the line connects the means.
    """
    key = swept[0]
    numbers = pd.to_numeric(table[key], errors="coerce")
    is_numeric = bool(numbers.notna().all())
    names = list(dict.fromkeys(table[key]))
    positions = numbers if is_numeric else table[key].map({name: index for index, name in enumerate(names)})
    jobs = f"{len(table)} jobs" + (
        f", k = {table['k'].iloc[0]:.0f}" if "k" in table and table["k"].nunique() == 1 else ""
    )
    with figure_style():
        figure = new_figure(7.0 if is_numeric else max(7.0, 0.9 * len(names)), 4.2)
        axes = figure.add_subplot()
        for group, score in enumerate(scores):
            _plot_score(axes, positions, table[score], score, group_colour(group), "-" if is_numeric else ":")
        if is_numeric and numbers.min() > 0 and numbers.max() / numbers.min() >= 8:
            axes.set_xscale("log", base=2)
        values = sorted(set(positions))
        if len(values) <= 20:
            axes.set_xticks(values, [f"{value:g}" for value in values] if is_numeric else names, minor=False)
        axes.tick_params(axis="x", rotation=0 if is_numeric or len(names) <= 6 else 30)
        axes.set_xlabel(key + (f" (also swept: {', '.join(swept[1:])})" if swept[1:] else ""))
        axes.set_ylabel("score")
        lowest, highest = float(table[list(scores)].min().min()), float(table[list(scores)].max().max())
        axes.set_ylim(lowest - 0.05 if lowest < 0 else max(0.0, lowest - 0.05), min(1.02, highest + 0.05))
        axes.grid(axis="y")
        axes.legend(labelcolor=INK, ncols=2)
        add_heading(axes, f"Scores over {key}\n{jobs}")
    return figure


def _plot_score(axes: Axes, positions: pd.Series, values: pd.Series, score: str, colour: str, line: str) -> None:
    """Plot one point per job, and a line through the means at each position."""
    means = values.groupby(positions).mean()
    axes.plot(positions, values, "o", color=colour, alpha=0.45 if len(means) < len(values) else 0.9)
    axes.plot(means.index, np.asarray(means), line, color=colour, label=score.removesuffix("_score"))
