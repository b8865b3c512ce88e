"""Image sets in the IDX format of MNIST: a big-endian magic number (0, 0, type, rank), the sizes, the values."""

from __future__ import annotations

import gzip
import math
import re
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.data.array_names import stores_columns_first
from pipeline.data.emnist_mapping import read_class_names
from pipeline.data.source import Source
from pipeline.runtime.available_memory import available_memory
from pipeline.runtime.errors import ArgumentError, UserError
from pipeline.runtime.observer import SILENT, Observer

IDX_FILES = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
MAX_RANK = 4
"""The rank of images with channels."""
IDX_TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
"""NumPy's types by the format's type codes."""


_NAME = re.compile(r"(?P<subset>.*?)[-_.]?(?P<part>train|t10k|test)-(?P<kind>images|labels)[-.]idx[1-4]-ubyte(\.gz)?")
"""Names of MNIST's files, of EMNIST's (`emnist-balanced-test-…`), and of unpacked ones (`train-images.idx3-ubyte`)."""


def read_idx(
    path: str, subset: str | None = None, transpose: bool | None = None, observer: Observer = SILENT
) -> Source:
    """Return the IDX files in the folder `path`, named as MNIST or EMNIST name their four, gzipped or not.

    Only the training images are required. `subset` is the beginning of the names, such as `emnist-balanced`, if the
    folder holds several sets. `transpose` exchanges rows and columns; None does so for names that begin with `emnist`,
    as that data set stores columns first. Its classes are named by the characters in `SUBSET-mapping.txt`, if the
    folder has this file of EMNIST.

    Raises:
        UserError: there are no training images, several subsets, or a file is damaged or too large for the free memory.
    """
    folder = Path(path).expanduser()
    name, files = _choose_subset(_find_subsets(folder), subset, folder)
    arrays = {role: parse_idx(read_idx_bytes(file), str(file)) for role, file in files.items()}
    if stores_columns_first(name, transpose):
        observer.note(f"rows and columns of the images of {name or folder.name} are exchanged; data.transpose decides")
        for role in ("train-images", "test-images"):
            if role in arrays and arrays[role].ndim > 2:
                arrays[role] = arrays[role].swapaxes(1, 2)
    return Source(
        arrays["train-images"],
        arrays.get("test-images"),
        arrays.get("train-labels"),
        arrays.get("test-labels"),
        names=read_class_names(folder, name),
    )


def find_idx_names(folder: Path) -> dict[Path, re.Match[str]]:
    """Return the files in a folder whose names are those of IDX files, with the parts of the names.

    Of a plain and a gzipped file of one name the gzipped one counts.
    """
    try:
        files = sorted(folder.iterdir())
    except OSError:
        return {}  # the reader says what is wrong with the folder
    matches = {file: match for file in files if (match := _NAME.fullmatch(file.name))}
    return {file: match for file, match in matches.items() if file.with_name(f"{file.name}.gz") not in matches}


def _find_subsets(folder: Path) -> dict[str, dict[str, Path]]:
    """The files of each subset by part and kind, such as `train-images`."""
    subsets: dict[str, dict[str, Path]] = {}
    for file, match in find_idx_names(folder).items():
        part = "train" if match["part"] == "train" else "test"
        subsets.setdefault(match["subset"], {})[f"{part}-{match['kind']}"] = file
    return {name: files for name, files in subsets.items() if "train-images" in files}


def _choose_subset(subsets: dict[str, dict[str, Path]], key: str | None, folder: Path) -> tuple[str, dict[str, Path]]:
    if not subsets:
        raise ArgumentError(f"path: {folder} holds no {IDX_FILES[0]} or {IDX_FILES[0]}.gz")
    name = key if key is not None or len(subsets) > 1 else next(iter(subsets))
    if name not in subsets:
        names = ", ".join(repr(subset) for subset in sorted(subsets))
        reason = "several data sets" if key is None else "no such data set"
        raise ArgumentError(f"subset = {key}: {folder} holds {reason}; set data.subset to one of {names}")
    assert name is not None
    return name, subsets[name]


def parse_idx(raw: bytes, file: str) -> NDArray[Any]:
    """Return the array in the bytes of an IDX file, in the machine's byte order; `file` names the file in errors.

    Raises:
        UserError: the bytes are not IDX, or their number does not match the sizes in the header.
    """
    dtype, shape, start = _parse_header(raw, file)
    expected = start + math.prod(shape) * dtype.itemsize
    if len(raw) != expected:
        raise UserError(f"{file}: truncated or damaged: {len(raw)} bytes where {expected} are expected")
    return np.frombuffer(raw, dtype, offset=start).reshape(shape).astype(dtype.newbyteorder("="))


def _parse_header(raw: bytes, file: str) -> tuple[np.dtype[Any], tuple[int, ...], int]:
    """The type and the shape in the header, and the offset of the values."""
    if len(raw) < 4 or raw[:2] != b"\0\0" or raw[2] not in IDX_TYPES:
        raise UserError(f"{file}: not an IDX file (it should begin with 0, 0, a type code and the rank)")
    rank = raw[3]
    if not 1 <= rank <= MAX_RANK:
        raise UserError(f"{file}: not an IDX file of images or labels: its rank is {rank}, not 1 to {MAX_RANK}")
    if len(raw) < 4 + 4 * rank:
        raise UserError(f"{file}: truncated or damaged: the file ends within its {rank} sizes")
    shape = tuple(int(side) for side in np.frombuffer(raw, ">u4", count=rank, offset=4))
    return np.dtype(IDX_TYPES[raw[2]]), shape, 4 + 4 * rank


def read_idx_bytes(path: Path) -> bytes:
    """Return the bytes of an IDX file, decompressed if it is gzipped.

    Decompression stops one byte after the size in the header, so that a small file cannot fill the memory.

    Raises:
        UserError: the file cannot be read, is a damaged gzip file, or announces more than the free memory.
    """
    is_gzip = False
    try:
        with path.open("rb") as plain:
            is_gzip = plain.read(2) == b"\x1f\x8b"
        with gzip.open(path) if is_gzip else path.open("rb") as stream:
            if not is_gzip:
                return stream.read()
            head = stream.read(4 + 4 * MAX_RANK)
            dtype, shape, start = _parse_header(head, str(path))
            size = start + math.prod(shape) * dtype.itemsize
            free = available_memory()
            if size > free:
                raise UserError(
                    f"{path}: announces {size / 2**30:,.0f} GiB and {free / 2**30:,.0f} GiB of memory are free; "
                    "it is damaged, or too large for this machine"
                )
            return head + stream.read(max(size + 1 - len(head), 0))
    except (OSError, EOFError, zlib.error) as error:
        raise UserError(f"{path}: {'damaged gzip file' if is_gzip else 'cannot be read'} ({error})") from error
