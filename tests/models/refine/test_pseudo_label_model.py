"""The generalised cross-entropy."""

import numpy as np
import pytest

from pipeline.models.refine.pseudo_label_model import generalized_cross_entropy


@pytest.mark.parametrize(("q", "expected"), [(1.0, 1 - 0.2), (0.7, (1 - 0.2**0.7) / 0.7), (1e-4, -np.log(0.2))])
def test_the_loss_lies_between_the_cross_entropy_and_the_absolute_error(q, expected):
    probabilities = np.array([[0.2, 0.5, 0.3], [0.0, 1.0, 0.0]], np.float32)
    loss = np.asarray(generalized_cross_entropy(probabilities, np.array([0, 1]), q))
    assert loss[0] == pytest.approx(expected, rel=1e-3)
    assert loss[1] == pytest.approx(0, abs=1e-6)
