"""The IDX format: a big-endian magic number (0, 0, type, rank), the sizes, the values."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import UserError

TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}


def parse(raw: bytes, where: str) -> NDArray[Any]:
    """Return the array that the bytes of an IDX file hold; `where` names the file in errors."""
    if len(raw) < 4 or raw[:2] != b"\0\0" or raw[2] not in TYPES:
        raise UserError(f"{where}: not an IDX file (it should begin with 0, 0, a type code and the rank)")
    rank = raw[3]
    if len(raw) < 4 + 4 * rank:
        raise UserError(f"{where}: truncated or damaged: it ends before its {rank} sizes do")
    shape = np.frombuffer(raw, ">u4", count=rank, offset=4).astype(int)
    dtype = np.dtype(TYPES[raw[2]])
    expected = 4 + 4 * rank + int(np.prod(shape)) * dtype.itemsize
    if len(raw) != expected:
        raise UserError(f"{where}: truncated or damaged: {len(raw)} bytes where {expected} are expected")
    return np.frombuffer(raw, dtype, offset=4 + 4 * rank).reshape(shape).astype(dtype.newbyteorder("="))


def read_bytes(path: Path) -> bytes:
    """Return a file's bytes, unpacked if it is gzipped."""
    raw = path.read_bytes()
    if raw[:2] != b"\x1f\x8b":
        return raw
    try:
        return gzip.decompress(raw)
    except (OSError, EOFError, zlib.error) as error:
        raise UserError(f"{path}: damaged gzip file ({error})") from error
