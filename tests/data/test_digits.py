"""The digits of scikit-learn."""

import numpy as np

from pipeline.data.digits import read_digits


def test_17_grey_levels_span_the_range_of_bytes():
    source = read_digits()
    assert source.train.shape == (1797, 8, 8)
    levels = np.unique(source.train)
    assert (len(levels), levels.min(), levels.max()) == (17, 0, 255)
    assert source.test is None
    assert np.unique(source.train_labels).tolist() == list(range(10))
