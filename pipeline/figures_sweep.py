"""The figure at the end of a sweep: scores against what was swept."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from matplotlib.figure import Figure

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7")


def sweep_figure(table: pd.DataFrame, swept: Sequence[str], scores: Sequence[str]) -> Figure:
    """Return scores against the first swept key: lines over numbers, points over names.

    With further swept keys each point is a job and the line goes through the means.
    """
    key = swept[0]
    numbers = pd.to_numeric(table[key], errors="coerce")
    numeric = bool(numbers.notna().all())
    names = list(dict.fromkeys(table[key]))
    place = numbers if numeric else table[key].map({name: i for i, name in enumerate(names)})
    width = 7.0 if numeric else max(7.0, 0.9 * len(names))
    figure = Figure(figsize=(width, 4.2), layout="constrained")
    axes = figure.add_subplot()
    for colour, score in zip(COLOURS, scores, strict=False):
        mean = table[score].groupby(place).mean()
        axes.plot(place, table[score], "o", color=colour, alpha=0.45 if len(mean) < len(table) else 0.9)
        axes.plot(
            mean.index, mean.to_numpy(), "-" if numeric else ":", color=colour, label=score.removesuffix("_score")
        )
    if numeric and numbers.min() > 0 and numbers.max() / numbers.min() >= 8:
        axes.set_xscale("log", base=2)
    values = sorted(set(place))
    if len(values) <= 20:
        axes.set_xticks(values, [f"{value:g}" for value in values] if numeric else names, minor=False)
    axes.tick_params(axis="x", rotation=0 if numeric or len(names) <= 6 else 30)
    axes.set_xlabel(key + (f" (other keys swept: {', '.join(swept[1:])})" if swept[1:] else ""))
    axes.set_ylabel("score")
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, ncols=2)
    lowest, highest = float(table[list(scores)].min().min()), float(table[list(scores)].max().max())
    counts = f"{len(table)} jobs" + (f", k = {table['k'].iloc[0]:.0f}" if table["k"].nunique() == 1 else "")
    axes.set_ylim(max(0.0, lowest - 0.05), min(1.02, highest + 0.05))
    axes.set_title(f"{key}: {counts}", loc="left", fontsize=11)
    return figure
