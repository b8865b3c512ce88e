"""The digits data set of scikit-learn."""

from __future__ import annotations

import numpy as np

from pipeline.data.source import Source


def read_digits() -> Source:
    """Return 1,797 digits (8, 8) uint8, their 17 grey levels scaled to 0 to 255, and labels 0 to 9; no test part."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    images = np.round(digits.images * (255 / 16)).astype(np.uint8)
    return Source(images, None, digits.target, None, [str(digit) for digit in range(10)])
