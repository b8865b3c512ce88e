"""Seeded random samples of rows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def sample_rows(n: int, size: int, seed: int) -> NDArray[np.int64]:
    """Return `size` of the rows 0 to n − 1, ascending, sampled without replacement; all rows if `size` >= n."""
    if size >= n:
        return np.arange(n)
    return np.sort(np.random.default_rng(seed).choice(n, size, replace=False))
