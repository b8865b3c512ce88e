"""Rows drawn at random, the same ones for the same seed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def drawn(n: int, size: int, seed: int) -> NDArray[np.int64]:
    """Return `size` of the rows 0 to n − 1, ascending, drawn without replacement; all of them where `size` >= n."""
    if size >= n:
        return np.arange(n)
    return np.sort(np.random.default_rng(seed).choice(n, size, replace=False))
