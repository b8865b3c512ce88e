"""What every reader returns, before subsets are taken and labels are put aside."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from pipeline.errors import UserError


@dataclass(frozen=True)
class Source:
    """Images (a, h, w[, c]) with labels (a,) for a train part and, where there is one, a test part.

    Images are uint8, or floats in [0, 1]. Labels are integers, −1 unknown, or None; `names[i]` is class i in words.
    `paths` and `test_paths` name each image's file where images are files; `note` says what was left out.
    """

    train: NDArray[Any]
    test: NDArray[Any] | None = None
    train_labels: NDArray[Any] | None = None
    test_labels: NDArray[Any] | None = None
    names: list[str] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    test_paths: list[str] = field(default_factory=list)
    note: str = ""


def files_below(path: Path) -> Iterator[Path]:
    """Yield `path` itself if it is a file, else every file below it, sorted."""
    yield from [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file())


def source_digest(source: Mapping[str, Any]) -> str:
    """Identify what a reader would read: names, sizes and modification times of the files at its `path`.

    Bundled sets have no path: their readers verify checksums that stand in the code.
    """
    if "path" not in source:
        return "bundled"
    try:
        root = Path(source["path"]).expanduser().resolve()
        found = root.exists()
    except (OSError, RuntimeError, ValueError) as error:  # a link that leads to itself, a name that cannot be one
        raise UserError(f"data.path = {source['path']!r}: leads nowhere: {error}; give a file or folder") from error
    if not found:
        raise UserError(f"data.path: {root} does not exist; give an existing file or folder")
    digest = hashlib.sha256(os.fsencode(root))
    for file in files_below(root):
        facts = file.stat()
        digest.update(os.fsencode(file.relative_to(root)) + f"\0{facts.st_size}\0{facts.st_mtime_ns}\n".encode())
    return digest.hexdigest()
