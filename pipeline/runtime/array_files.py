"""Files of NumPy that several threads read."""

from __future__ import annotations

from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

HEADER_LOCK = Lock()
"""Held while NumPy reads the header of an array: as Python source, which Python 3.11 cannot parse in two threads."""


def map_array(file: Path) -> NDArray[Any]:
    """Return the array of an `.npy` file, memory-mapped and read-only; errors are those of `numpy.load`."""
    with HEADER_LOCK:
        array: NDArray[Any] = np.load(file, mmap_mode="r", allow_pickle=False)
    return array
