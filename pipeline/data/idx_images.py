"""New images in IDX files, under any names."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from pipeline.data.array_names import stores_columns_first
from pipeline.data.idx import IDX_TYPES, MAX_RANK, find_idx_names, parse_idx, read_idx_bytes


def find_idx_files(path: Path) -> list[Path]:
    """Return `path` if it is an IDX file, gzipped or not, or the IDX files of images in the folder `path`, train first.

    A file in a folder is recognised by its name, a file by its content. The list is empty if there are none. Of a plain
    and a gzipped file of the same name, the gzipped one counts.
    """
    if path.is_file():
        return [path] if _is_idx(path) else []
    files = [file for file, name in find_idx_names(path).items() if name["kind"] == "images"]
    return sorted(files, key=lambda file: ("train" not in file.name, file.name))


def read_idx_file(file: Path, transpose: bool | None = None) -> NDArray[Any]:
    """Return the array of an IDX file, with the axes that `read_idx` gives it; a `UserError` refuses a damaged one."""
    array = parse_idx(read_idx_bytes(file), str(file))
    return array.swapaxes(1, 2) if array.ndim > 2 and stores_columns_first(file.name, transpose) else array


def _is_idx(file: Path) -> bool:
    """Whether a file begins as IDX of images or labels does, decompressed if it is gzipped."""
    try:
        with file.open("rb") as plain:
            head = plain.read(4)
        if head[:2] == b"\x1f\x8b":
            with gzip.open(file) as stream:
                head = stream.read(4)
    except (OSError, EOFError, zlib.error):
        return file.name.endswith("-ubyte.gz")  # its reader says what is damaged
    return len(head) == 4 and head[:2] == b"\0\0" and head[2] in IDX_TYPES and 1 <= head[3] <= MAX_RANK
