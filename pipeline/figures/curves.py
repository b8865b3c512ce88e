"""Curves and histograms: training over epochs, and how sure the clustering is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter
from numpy.typing import NDArray

from pipeline.figures.style import INK, PALETTE, WIDTH, heading, hue, new_figure, style

VALIDATION = "val_"


def loss_curves(history: Sequence[Mapping[str, float]], title: str = "Loss over epochs") -> Figure:
    """Draw training and validation loss over epochs, counted from 1; other metrics in a panel of their own.

    `history` has a row of metrics per epoch, `val_…` those on held-out images; at least one row with `loss`.
    """
    if not history:
        raise ValueError("history is empty: a model that was not trained by steps has no loss curves")
    names = list(dict.fromkeys(name.removeprefix(VALIDATION) for name in history[0]))
    others = [name for name in names if name != "loss"]
    with style():
        figure = new_figure(WIDTH, 3.4)
        panels = figure.subplots(1, 2 if others else 1, squeeze=False)[0]
        _curves(panels[0], history, ["loss"])
        heading(panels[0], title)
        if others:
            _curves(panels[1], history, others)
            heading(panels[1], "\n".join(["Other metrics", *title.split("\n")[1:]]))
    return figure


def _curves(axes: Axes, history: Sequence[Mapping[str, float]], names: Sequence[str]) -> None:
    """Draw each metric in its own hue: training solid, validation dashed, the last value in the legend."""
    epochs = np.arange(1, len(history) + 1)
    for place, name in enumerate(names):
        for prefix, line, words in (("", "-", "training"), (VALIDATION, "--", "validation")):
            if prefix + name not in history[0]:
                continue
            values = [row.get(prefix + name, np.nan) for row in history]
            label = words if names == ["loss"] else f"{name}, {words}"
            axes.plot(epochs, values, line, color=hue(place), label=f"{label}: {values[-1]:.4g} at the end",
                      marker="o", markersize=3.5 if len(history) <= 40 else 0)  # fmt: skip
    axes.set_xlabel("epoch")
    axes.set_ylim(bottom=min(0.0, axes.get_ylim()[0]))
    axes.set_xlim(0.7, max(len(history), 2) + 0.3)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(axis="y")
    axes.legend(loc="best", labelcolor=INK)


REFINEMENT = {
    "kl": "Divergence from target",
    "agreement": "Agreement with clusters",
    "reconstruction": "Squared error",
    "changed": "Changed assignments",
}
"""The measures of a refinement, each with the title of its panel."""


def refinement_curves(history: Sequence[Mapping[str, float]], title: str = "Refinement") -> Figure:
    """Draw how a refinement went on over its steps, a panel a measure; one that was not measured has none.

    `history` has rows with `step` and some of: means of `kl`, `agreement` (the share in [0, 1] of the images that the
    network puts into the cluster it is taught) and `reconstruction` over the steps since the last row, and `changed`,
    the share of the assignments that the next target changed.
    """
    if not history:
        raise ValueError("history is empty: a model that was not refined has no curves of it")
    names = [name for name in REFINEMENT if name in history[0]]
    steps = [row["step"] for row in history]
    with style():
        figure = new_figure(WIDTH, 3.2)
        for place, (axes, name) in enumerate(zip(figure.subplots(1, len(names), squeeze=False)[0], names, strict=True)):
            axes.plot(steps, [row[name] for row in history], color=hue(place),
                      marker="o", markersize=3.5 if len(history) <= 40 else 0)  # fmt: skip
            axes.set_xlabel("step")
            axes.set_xlim(left=0)
            axes.set_ylim(bottom=0)
            axes.xaxis.set_major_locator(MaxNLocator(4, integer=True))
            axes.grid(axis="y")
            heading(axes, "\n".join([REFINEMENT[name], *title.split("\n")[1:]] if place == 0 else [REFINEMENT[name]]))
            if name in ("agreement", "changed"):
                axes.yaxis.set_major_formatter(PercentFormatter(1))
    return figure


def confidence(
    fitted: NDArray[np.float32], held_out: NDArray[np.float32], title: str = "Confidence of the assignments"
) -> Figure:
    """Draw how many of the images were assigned with which confidence, as shares of each part.

    `fitted` (n,) and `held_out` (m,) float32 in [0, 1]; where m is 0 only the fitted ones are drawn.
    """
    edges = np.linspace(0, 1, 11).tolist()  # wider than the steps of a share of ten or more neighbours
    with style():
        figure = new_figure(WIDTH, 2.9)
        axes = figure.subplots()
        weights = np.full(len(fitted), 1 / max(len(fitted), 1))
        axes.hist(np.clip(fitted, 0, 1), edges, weights=weights, color=PALETTE[0], alpha=0.35, label="fitted")
        if len(held_out):
            weights = np.full(len(held_out), 1 / len(held_out))
            axes.hist(np.clip(held_out, 0, 1), edges, weights=weights, histtype="step", color=PALETTE[2],
                      linewidth=1.6, label="held out")  # fmt: skip
        axes.set_xlabel("confidence")
        axes.set_ylabel("share of images")
        axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        axes.grid(axis="y")
        axes.legend(loc="upper left", labelcolor=INK)
        heading(axes, title)
    return figure
