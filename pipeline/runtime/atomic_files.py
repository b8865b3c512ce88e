"""Files that appear complete or not at all."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

SUFFIX = ".part"

KEPT = 40
"""Characters of a file's name in that of its temporary file, which may not become too long."""


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path` to write a file or a folder to; it is renamed to `path` at the end.

    Parent folders are created. After an error the temporary path is removed and `path` is left as it was. Two writers
    of the same file do not collide: the last one wins. A folder must not exist yet.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name[:KEPT]}-{uuid4().hex}{SUFFIX}")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        if temporary.is_dir():
            shutil.rmtree(temporary, ignore_errors=True)
        else:
            temporary.unlink(missing_ok=True)


def remove_partial_files(folder: Path) -> None:
    """Remove temporary files below `folder` that killed writers left."""
    for path in folder.rglob(f".*{SUFFIX}"):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
