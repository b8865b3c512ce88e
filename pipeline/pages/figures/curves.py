"""Training curves and the histogram of assignment confidences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter
from numpy.typing import NDArray

from pipeline.pages.figures.style import INK, PALETTE, WIDTH, add_heading, figure_style, group_colour, new_figure

VALIDATION = "val_"


def plot_loss_curves(history: Sequence[Mapping[str, float]], title: str = "Loss over epochs") -> Figure:
    """Plot training and validation loss over epochs, and any other metrics in a second panel.

    `history` has one row of metrics per epoch, at least one, with the key `loss`; validation metrics begin with `val_`.
    """
    if not history:
        raise ValueError("history is empty; the loss curves need at least one epoch")
    names = list(dict.fromkeys(name.removeprefix(VALIDATION) for name in history[0]))
    others = [name for name in names if name != "loss"]
    with figure_style():
        figure = new_figure(WIDTH, 3.4)
        panels = figure.subplots(1, 2 if others else 1, squeeze=False)[0]
        _plot_metrics(panels[0], history, ["loss"])
        add_heading(panels[0], title)
        if others:
            _plot_metrics(panels[1], history, others)
            add_heading(panels[1], "\n".join(["Other metrics", *title.split("\n")[1:]]))
    return figure


def _plot_metrics(axes: Axes, history: Sequence[Mapping[str, float]], names: Sequence[str]) -> None:
    """Plot each metric in one colour, training solid and validation dashed, with the last value in the legend."""
    epochs = np.arange(1, len(history) + 1)
    for group, name in enumerate(names):
        for prefix, line, part in (("", "-", "training"), (VALIDATION, "--", "validation")):
            if prefix + name not in history[0]:
                continue
            values = [row.get(prefix + name, np.nan) for row in history]
            label = part if names == ["loss"] else f"{name}, {part}"
            axes.plot(epochs, values, line, color=group_colour(group), label=f"{label}, last {values[-1]:.4g}",
                      marker="o", markersize=3.5 if len(history) <= 40 else 0)  # fmt: skip
    axes.set_xlabel("epoch")
    axes.set_ylim(bottom=min(0.0, axes.get_ylim()[0]))
    axes.set_xlim(0.7, max(len(history), 2) + 0.3)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(axis="y")
    axes.legend(loc="best", labelcolor=INK)


REFINEMENT = {
    "kl": "KL divergence from target",
    "agreement": "Agreement with pseudo-labels",
    "reconstruction": "Reconstruction error",
    "changed": "Changed assignments",
}
"""Titles of the panels, by metric of the refinement."""


def plot_refinement_curves(history: Sequence[Mapping[str, float]], title: str = "Refinement") -> Figure:
    """Plot the metrics of a refinement over its steps, one panel per metric in `history`.

    Each row of `history` has `step` and some of `kl`, `agreement` and `reconstruction`, means over the steps since the
    row before, and `changed`. `agreement` is the share in [0, 1] of images that the network assigns to their
    pseudo-label, `changed` the share of assignments that changed when the target was last updated.
    """
    if not history:
        raise ValueError("history is empty; the refinement curves need at least one row")
    names = [name for name in REFINEMENT if name in history[0]]
    steps = [row["step"] for row in history]
    with figure_style():
        figure = new_figure(WIDTH, 3.2)
        panels = figure.subplots(1, len(names), squeeze=False)[0]
        for group, (axes, name) in enumerate(zip(panels, names, strict=True)):
            axes.plot(steps, [row[name] for row in history], color=group_colour(group),
                      marker="o", markersize=3.5 if len(history) <= 40 else 0)  # fmt: skip
            axes.set_xlabel("step")
            axes.set_xlim(left=0)
            axes.set_ylim(bottom=0)
            axes.xaxis.set_major_locator(MaxNLocator(4, integer=True))
            axes.grid(axis="y")
            subtitle = title.split("\n")[1:] if group == 0 else []
            add_heading(axes, "\n".join([REFINEMENT[name], *subtitle]))
            if name in ("agreement", "changed"):
                axes.yaxis.set_major_formatter(PercentFormatter(1))
    return figure


def plot_confidence(
    fitted: NDArray[np.float32], held_out: NDArray[np.float32], title: str = "Confidence of the assignments"
) -> Figure:
    """Plot histograms of the confidences of fitted images (n,) and held-out images (m,), float32 in [0, 1].

    Bars are shares of the fitted or held-out images. If m is 0, only the fitted images are plotted.
    """
    edges = np.linspace(0, 1, 11).tolist()  # bins at least as wide as the steps of a share of ten or more neighbours
    with figure_style():
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
        add_heading(axes, title)
    return figure
