"""Where very many images are cut: a file is a shard, an `.npy` file as many as its rows make."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipeline.data.new_images import NewImages, Shape, in_shape, read_new_images
from pipeline.errors import UserError

KINDS = (".npy", ".npz", ".parquet")


@dataclass(frozen=True)
class Shard:
    """The images of `file`, or of an `.npy` file the rows from `start` to before `stop`.

    `name` is a path below the folders of results. `version` changes when the file does: its size and the time of its
    last change.
    """

    name: str
    file: Path
    version: str
    start: int = 0
    stop: int | None = None

    def read(self, shape: Shape, skip_at_most: int = 0) -> NewImages:
        """Return the images in `shape`, named as `read_new_images` does.

        Raises:
            UserError: they cannot be read, or are none of that kind.
        """
        if self.stop is None:
            return read_new_images(str(self.file), shape, skip_at_most)
        rows = _mapped(self.file)[self.start : self.stop]
        return NewImages(in_shape(rows, shape, self.file), [str(row) for row in range(self.start, self.stop)])


def find_shards(path: str, rows: int) -> list[Shard]:
    """Return the shards of a file, or of all files below a folder in the order of their names.

    `.npy` files are cut into pieces of at most so many `rows`; what is in an `.npz` or `.parquet` file stays together.

    Raises:
        UserError: there is no such file, or one that cannot be read.
    """
    root = Path(path).expanduser().resolve()
    files = sorted(file for file in root.rglob("*") if file.suffix in KINDS) if root.is_dir() else [root]
    if not root.exists() or not files or any(file.suffix not in KINDS for file in files):
        raise UserError(f"input: {root} is no file or folder of {', '.join(KINDS)}; give one, its files are the shards")
    return [shard for file in files for shard in _cut(file, root, rows)]


def _cut(file: Path, root: Path, rows: int) -> list[Shard]:
    name = file.name if file == root else file.relative_to(root).as_posix()
    facts = file.stat()
    version = f"{facts.st_size}-{facts.st_mtime_ns}"
    if file.suffix != ".npy":
        return [Shard(name, file, version)]
    total = len(_mapped(file))
    return [
        Shard(f"{name}-{start:012d}", file, version, start, min(start + rows, total)) for start in range(0, total, rows)
    ]


def _mapped(file: Path) -> np.ndarray:
    """The array in the file, read where it is looked at."""
    try:
        return np.load(file, mmap_mode="r", allow_pickle=False)  # type: ignore[no-any-return]
    except (OSError, ValueError, EOFError) as error:
        raise UserError(f"input: {file} cannot be read as .npy: {str(error).splitlines()[0]}") from error
