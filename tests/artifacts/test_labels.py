"""Labels: whether there are any for the fitted images."""

import numpy as np

from pipeline.artifacts import Labels


def test_one_label_of_the_fitted_images_is_enough():
    unknown, partial = np.full(3, -1, np.int32), np.array([-1, 2], np.int32)
    assert not Labels(unknown, partial).has_labels
    assert Labels(unknown, partial, split="all").has_labels
    assert not Labels(unknown[:0], unknown[:0]).has_labels
