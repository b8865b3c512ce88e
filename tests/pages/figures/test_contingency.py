"""The heat map of classes and clusters."""

import numpy as np
import pytest

from pipeline.pages import figures
from pipeline.pages.figures.contingency import column_order
from tests.pages.figures.helpers import axes_texts

COUNTS = np.array([[0, 9, 1, 5], [8, 0, 7, 5]])


def test_columns_are_sorted_by_majority_class_and_noise_is_last():
    assert column_order(COUNTS, noise=True).tolist() == [1, 0, 2, 3]
    axes = figures.plot_contingency(COUNTS, ["a", "b"], ["c0", "c1", "c2", "noise"], noise=True).axes[0]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["c1", "c0", "c2", "noise"]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["a", "b"]
    np.testing.assert_allclose(axes.images[0].get_array()[:, 0], [1, 0])
    assert sorted(axes_texts(axes)) == sorted(["9", "1", "5", "8", "7", "5"])


def test_a_matrix_with_only_noise_can_be_plotted():
    axes = figures.plot_contingency(np.array([[3], [4]]), ["a", "b"], ["noise"], noise=True).axes[0]
    assert axes_texts(axes) == ["3", "4"]


@pytest.mark.parametrize(("k", "n_texts"), [(20, 60), (21, 0)])
def test_counts_are_written_with_up_to_twenty_columns(k, n_texts):
    axes = figures.plot_contingency(np.ones((3, k), int), list("abc"), [str(cluster) for cluster in range(k)]).axes[0]
    assert len(axes.texts) == n_texts
