"""The IDX format: a big-endian magic number (0, 0, type, rank), the sizes, the values."""

from __future__ import annotations

import gzip
import math
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from numpy.typing import NDArray

from pipeline.errors import UserError

MOST_DIMENSIONS = 4
"""Of images with channels."""
TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}


def parse(raw: bytes, where: str) -> NDArray[Any]:
    """Return the array that the bytes of an IDX file hold; `where` names the file in errors."""
    dtype, shape, start = _header(raw, where)
    expected = start + math.prod(shape) * dtype.itemsize
    if len(raw) != expected:
        raise UserError(f"{where}: truncated or damaged: {len(raw)} bytes where {expected} are expected")
    return np.frombuffer(raw, dtype, offset=start).reshape(shape).astype(dtype.newbyteorder("="))


def _header(raw: bytes, where: str) -> tuple[np.dtype[Any], tuple[int, ...], int]:
    """The type and the sizes that the first bytes announce, and the place where the values begin."""
    if len(raw) < 4 or raw[:2] != b"\0\0" or raw[2] not in TYPES:
        raise UserError(f"{where}: not an IDX file (it should begin with 0, 0, a type code and the rank)")
    rank = raw[3]
    if not 1 <= rank <= MOST_DIMENSIONS:
        raise UserError(f"{where}: not an IDX file of images or labels: its rank is {rank}, not 1 to {MOST_DIMENSIONS}")
    if len(raw) < 4 + 4 * rank:
        raise UserError(f"{where}: truncated or damaged: it ends before its {rank} sizes do")
    shape = tuple(int(side) for side in np.frombuffer(raw, ">u4", count=rank, offset=4))
    return np.dtype(TYPES[raw[2]]), shape, 4 + 4 * rank


def read_bytes(path: Path) -> bytes:
    """Return a file's bytes; a gzipped one is unpacked, to a byte beyond what its header announces at most."""
    try:
        with path.open("rb") as plain:
            packed = plain.read(2) == b"\x1f\x8b"
        with gzip.open(path) if packed else path.open("rb") as opened:
            if not packed:
                return opened.read()
            head = opened.read(4 + 4 * MOST_DIMENSIONS)
            dtype, shape, start = _header(head, str(path))
            size = start + math.prod(shape) * dtype.itemsize
            free = psutil.virtual_memory().available
            if size > free:
                raise UserError(
                    f"{path}: announces {size / 2**30:,.0f} GiB and {free / 2**30:,.0f} GiB of memory are free; "
                    "it is damaged, or too large for this machine"
                )
            return head + opened.read(max(size + 1 - len(head), 0))
    except (OSError, EOFError, zlib.error) as error:
        raise UserError(f"{path}: {'damaged gzip file' if packed else 'cannot be read'} ({error})") from error
