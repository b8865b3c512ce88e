"""NumPy files that several threads open."""

from __future__ import annotations

from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

_LOCK = Lock()
"""NumPy parses the header of a file as Python source, which some versions of Python 3.11 cannot do in two threads."""


def map_array(file: Path) -> NDArray[Any]:
    """Return the array of an `.npy` file, memory-mapped; errors are those of `numpy.load`."""
    with _LOCK:
        array: NDArray[Any] = np.load(file, mmap_mode="r", allow_pickle=False)
    return array
