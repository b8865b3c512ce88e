"""Divide very many images into shards: a file is a shard, an `.npy` file is cut into several by its rows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipeline.data.new_images import NewImages, ReadingRules, Shape, conform, read_new_images
from pipeline.runtime.array_files import map_array
from pipeline.runtime.errors import UserError, first_line

SUFFIXES = (".npy", ".npz", ".parquet")


@dataclass(frozen=True)
class Shard:
    """The images of `file`, or the rows `start` to `stop` (exclusive) of an `.npy` file.

    `name` is a relative path that is unique among the shards. `version` is the size and the time of the last change of
    the file, so that it differs after the file has changed.
    """

    name: str
    file: Path
    version: str
    start: int = 0
    stop: int | None = None

    def read(self, shape: Shape, skip_at_most: int = 0, rules: ReadingRules | None = None) -> NewImages:
        """Return the images in `shape`, named as by `read_new_images`.

        Raises:
            UserError: the file is not readable, or its images have another number of channels.
        """
        if self.stop is None:
            return read_new_images(str(self.file), shape, skip_at_most, rules=rules)
        rows = _memory_map(self.file)[self.start : self.stop]
        return NewImages(conform(rows, shape, self.file, rules), [str(row) for row in range(self.start, self.stop)])


def find_shards(path: str, rows: int) -> list[Shard]:
    """Return the shards of a file, or of all files below a folder, ordered by file name.

    `.npy` files are cut into shards of at most `rows` rows; `.npz` and `.parquet` files are one shard each.

    Raises:
        UserError: the path does not exist, has no file of these formats, or contains an unreadable `.npy` file.
    """
    root = Path(path).expanduser().resolve()
    files = sorted(file for file in root.rglob("*") if file.suffix in SUFFIXES) if root.is_dir() else [root]
    if not root.exists() or not files or any(file.suffix not in SUFFIXES for file in files):
        raise UserError(f"input: {root} is not a file or folder of {', '.join(SUFFIXES)} files")
    shards = [shard for file in files for shard in _cut(file, root, rows)]
    if not shards:
        raise UserError(f"input: the files of {root} hold no images")
    return shards


def _cut(file: Path, root: Path, rows: int) -> list[Shard]:
    name = file.name if file == root else file.relative_to(root).as_posix()
    status = file.stat()
    version = f"{status.st_size}-{status.st_mtime_ns}"
    if file.suffix != ".npy":
        return [Shard(name, file, version)]
    total = len(_memory_map(file))
    return [
        Shard(f"{name}-{start:012d}", file, version, start, min(start + rows, total)) for start in range(0, total, rows)
    ]


def _memory_map(file: Path) -> np.ndarray:
    try:
        array: np.ndarray = map_array(file)
    except (OSError, ValueError, EOFError) as error:
        raise UserError(f"input: cannot read {file} as .npy: {first_line(error)}") from error
    if not array.ndim:
        raise UserError(
            f"input: {file} holds a single number; give images (n, h, w) or (n, h, w, c), or vectors (n, d)"
        )
    return array
