"""The summary figure of a sweep."""

import pandas as pd
import pytest

from pipeline.pages.figures import plot_sweep
from tests.pages.figures.helpers import legend_texts, single_axes


def sweep_table(key, values, **columns):
    return pd.DataFrame({key: values, "nmi_score": [0.2, 0.4, 0.6, 0.8], "k": 10.0} | columns)


def test_numbers_are_on_a_numeric_axis_with_a_line_through_the_means():
    table = sweep_table("model.latent_dim", ["2", "2", "32", "32"], seed=["1", "2", "1", "2"])
    axes = single_axes(plot_sweep(table, ["model.latent_dim", "seed"], ["nmi_score"]))
    points, means = axes.lines
    assert list(points.get_xdata()) == [2, 2, 32, 32]
    assert list(means.get_xdata()) == [2, 32]
    assert [round(float(value), 6) for value in means.get_ydata()] == [0.3, 0.7]
    assert axes.get_xscale() == "log"
    assert axes.get_xlabel() == "model.latent_dim (also swept: seed)"


def test_names_are_positions_in_their_order():
    table = sweep_table("cluster", ["kmeans", "gmm", "kmeans", "dbscan"])
    axes = single_axes(plot_sweep(table, ["cluster"], ["nmi_score"]))
    assert list(axes.lines[0].get_xdata()) == [0, 1, 0, 2]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["kmeans", "gmm", "dbscan"]
    assert legend_texts(axes) == ["nmi"]
    assert axes.texts[0].get_text() == "4 jobs, k = 10"


@pytest.mark.parametrize("scores", [[-0.4, -0.3, -0.2, -0.1], [-0.02, 0.1, 0.5, 0.9], [0.01, 0.4, 0.9, 1.0]])
def test_the_axis_rises_and_shows_every_score(scores):
    table = sweep_table("cluster.k", ["2", "3", "4", "5"], silhouette_score=scores)
    low, high = single_axes(plot_sweep(table, ["cluster.k"], ["silhouette_score"])).get_ylim()
    assert low < min(scores) < max(scores) < high
