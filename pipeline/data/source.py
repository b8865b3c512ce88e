"""The return type of every reader, and the digest of the files that a reader reads."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from pipeline.config.base import Depth, Resize
from pipeline.data.arrays import Layout
from pipeline.data.value_range import Range
from pipeline.runtime.errors import ArgumentError, UserError

Reader = TypeVar("Reader", bound=Callable[..., Any])


@dataclass(frozen=True)
class Source:
    """Images (n, h, w[, c]) and labels (n,) of a train part and, if there is one, of a test part.

    Images are uint8, or in another usual range (see `find_limits`). Labels are integers with −1 for unlabelled images,
    or words, or None (see `index_labels`); `names[i]` is the name of class i. `paths` and `test_paths` are the images'
    files, if images are files, and `folder` is where these can be read again. `note` reports images that were skipped
    and rules that were applied. `value_ranges` has the values of image files that were read as 0 and 1, by depth,
    `background` the colour behind their transparent parts, and `resize` the rule for other aspect ratios. `layout` says
    where arrays of rank 4 have their channels. `skipped` counts images that could not be read. `vectors` (n, d) are
    those of all images, train first, if they were computed elsewhere, and `dimensions` the names of their columns, if
    they have names; without `has_images` the images are only cards to show. `train_rows` and `test_rows` are the
    indices of the images among those that were read, if some were held out at random.
    """

    train: NDArray[Any]
    test: NDArray[Any] | None = None
    train_labels: NDArray[Any] | None = None
    test_labels: NDArray[Any] | None = None
    names: list[str] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    test_paths: list[str] = field(default_factory=list)
    note: str = ""
    value_ranges: dict[Depth, Range] = field(default_factory=dict)
    background: str = ""
    resize: Resize = "stretch"
    layout: Layout = "auto"
    skipped: int = 0
    vectors: NDArray[Any] | None = None
    has_images: bool = True
    folder: str = ""
    dimensions: list[str] = field(default_factory=list)
    train_rows: NDArray[np.int64] | None = None
    test_rows: NDArray[np.int64] | None = None

    @classmethod
    def split_at(
        cls,
        border: int,
        images: NDArray[Any],
        labels: NDArray[Any] | None,
        names: list[str],
        paths: list[str],
        **facts: Any,
    ) -> Source:
        """Return the source whose first `border` images are the train part, and the others the test part.

        `facts` are the fields that belong to all images, such as `note`.
        """
        train_labels, test_labels = (None, None) if labels is None else (labels[:border], labels[border:])
        return cls(
            images[:border], images[border:], train_labels, test_labels, names, paths[:border], paths[border:], **facts
        )


def require_no_text_table(file: Path) -> None:
    """Raise an `ArgumentError` that says how to read a CSV file, for readers of other files."""
    if file.suffix.lower() in (".csv", ".tsv"):
        raise ArgumentError(
            f"path: {file} is a text table; data=csv reads one with a column for each pixel, data=image_list one of "
            "image files"
        )


def files_below(path: Path) -> Iterator[Path]:
    """Yield `path` if it is a file, else every file below it, sorted; links to folders are followed, each folder once.

    Links without a target are among them, so that they are reported as unreadable.
    """
    if path.is_file():
        yield path
        return
    files, visited = list[Path](), {os.path.realpath(path)}
    for folder, subfolders, names in os.walk(path, followlinks=True):
        found = sorted((Path(folder, name) for name in subfolders), key=lambda item: (item.is_symlink(), item))
        subfolders.clear()
        for item in found:
            if (target := os.path.realpath(item)) not in visited:
                visited.add(target)
                subfolders.append(item.name)
        files += [Path(folder, name) for name in names]
    yield from sorted(file for file in files if file.is_file() or (file.is_symlink() and not file.exists()))


def reads_listed_files(find: Callable[[Mapping[str, Any]], Iterable[Path]]) -> Callable[[Reader], Reader]:
    """Mark a reader that reads the files which `find` returns for its arguments, beside those at its `path`."""

    def mark(reader: Reader) -> Reader:
        reader.find_listed_files = find  # type: ignore[attr-defined]
        return reader

    return mark


def source_digest(reader: Callable[..., Source], arguments: Mapping[str, Any]) -> str:
    """Return the SHA-256 of the names, sizes and modification times of the files that a reader reads.

    These are all files at its `path`, and those that are listed there if the reader is marked so. Without a path it
    returns "bundled": readers of bundled sets verify checksums themselves.

    Raises:
        UserError: the path does not exist, or is not a valid one.
    """
    if "path" not in arguments:
        return "bundled"
    try:
        root = Path(arguments["path"]).expanduser().resolve()
        exists = root.exists()
    except (OSError, RuntimeError, ValueError) as error:  # a link to itself, an invalid name
        raise UserError(f"data.path = {arguments['path']!r}: invalid path: {error}; give a file or folder") from error
    if not exists:
        raise UserError(f"data.path: {root} does not exist; give an existing file or folder")
    digest = hashlib.sha256(os.fsencode(root))
    find_listed_files = getattr(reader, "find_listed_files", lambda _: ())
    for file in chain(files_below(root), find_listed_files(arguments)):
        try:
            status = file.stat()
        except (OSError, ValueError):  # removed since the folder was listed, a link without a target, or no valid name
            continue
        name = file.relative_to(root) if file.is_relative_to(root) else file
        digest.update(os.fsencode(name) + f"\0{status.st_size}\0{status.st_mtime_ns}\n".encode())
    return digest.hexdigest()
