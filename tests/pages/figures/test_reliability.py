"""The reliability diagram."""

import numpy as np

from pipeline.pages import figures


def test_each_part_is_a_line_of_accuracies_and_one_of_counts():
    parts = {
        "fitted": (np.array([0.3, 0.9]), np.array([0.25, 0.95]), np.array([10, 1000])),
        "held out": (np.array([0.9]), np.array([0.8]), np.array([7])),
    }
    upper, lower = figures.plot_reliability(parts).axes
    assert [text.get_text() for text in upper.get_legend().get_texts()] == list(parts)
    diagonal, *lines = upper.lines
    assert list(diagonal.get_xdata()) == list(diagonal.get_ydata())
    for (confidence, accuracy, counts), line, below in zip(parts.values(), lines, lower.lines, strict=True):
        assert line.get_xdata().tolist() == below.get_xdata().tolist() == confidence.tolist()
        assert line.get_ydata().tolist() == accuracy.tolist()
        assert below.get_ydata().tolist() == counts.tolist()
