"""Loss curves, refinement curves and the histogram of confidences."""

import numpy as np
import pytest

from pipeline.pages import figures
from tests.pages.figures.helpers import axes_texts, legend_texts, single_axes

EPOCH = {"loss": 0.1, "val_loss": 0.2}
REFINEMENT_ROW = {"kl": 0.2, "changed": 0.01}


@pytest.mark.parametrize("epochs", [1, 2, 60])
def test_loss_curves_count_epochs_from_one(epochs):
    axes = single_axes(figures.plot_loss_curves([EPOCH] * epochs, "Loss\nk = 3"))
    assert [list(line.get_xdata()) for line in axes.lines] == [list(range(1, epochs + 1))] * 2
    assert legend_texts(axes) == ["training, last 0.1", "validation, last 0.2"]
    assert axes.get_title(loc="left") == "Loss"
    assert axes_texts(axes) == ["k = 3"]


def test_other_metrics_are_plotted_in_a_second_panel():
    figure = figures.plot_loss_curves([EPOCH | {"mae": 0.3, "val_mae": 0.4, "ssim": 0.5}] * 3)
    assert [len(axes.lines) for axes in figure.axes] == [2, 3]


def test_loss_curves_without_an_epoch_are_an_error():
    with pytest.raises(ValueError, match="history is empty"):
        figures.plot_loss_curves([])


@pytest.mark.parametrize("rounds", [1, 60])
def test_refinement_curves_have_one_panel_per_metric(rounds):
    history = [{"step": 140.0 * (index + 1), **REFINEMENT_ROW} for index in range(rounds)]
    figure = figures.plot_refinement_curves(history, "Refinement\nk = 3")
    assert [list(axes.lines[0].get_xdata()) for axes in figure.axes] == [[row["step"] for row in history]] * 2
    assert [axes_texts(axes) for axes in figure.axes] == [["k = 3"], []]


def test_refinement_curves_include_the_reconstruction_error_if_measured():
    history = [{"step": 140.0, **REFINEMENT_ROW, "reconstruction": 0.02}]
    titles = [axes.get_title(loc="left") for axes in figures.plot_refinement_curves(history).axes]
    assert titles == ["KL divergence from target", "Reconstruction error", "Changed assignments"]


def test_refinement_curves_without_a_row_are_an_error():
    with pytest.raises(ValueError, match="history is empty"):
        figures.plot_refinement_curves([])


@pytest.mark.parametrize("n_held_out", [0, 7])
def test_confidence_bars_are_shares_of_the_fitted_or_held_out_images(n_held_out):
    fitted, held_out = np.full(50, 0.95, np.float32), np.full(n_held_out, 0.05, np.float32)
    axes = single_axes(figures.plot_confidence(fitted, held_out))
    assert sum(bar.get_height() for bar in axes.containers[0]) == pytest.approx(1)
    assert legend_texts(axes) == ["fitted"] + ["held out"] * (n_held_out > 0)
