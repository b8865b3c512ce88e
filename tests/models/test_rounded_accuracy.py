"""Rounded accuracy."""

import numpy as np
import pytest

from pipeline.models.rounded_accuracy import RoundedAccuracy, rounded_accuracy


def test_rounded_accuracy_equals_hand_calculation():
    target = np.array([[0.0, 0.2, 0.8, 1.0], [0.4, 0.6, 0.4, 0.6]], np.float32)
    output = np.array([[0.1, 0.6, 0.9, 0.2], [0.1, 0.9, 0.3, 0.7]], np.float32)
    np.testing.assert_allclose(rounded_accuracy(target, output), [0.5, 1.0])
    metric = RoundedAccuracy()
    metric.update_state(target, output)
    assert metric.name == "rounded_accuracy"
    assert float(metric.result()) == pytest.approx(0.75)
