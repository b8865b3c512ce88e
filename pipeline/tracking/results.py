"""A stage's stored result, and when its files count as whole.

A stage's run holds its result below `result/` and, written last, `checksums.json`. A result counts only when its
run is FINISHED, every file matches, and the list itself is the one that the run's tag knows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

RESULT, CHECKSUMS = "result", "checksums.json"


@dataclass(frozen=True)
class Result:
    """A stage's stored result: the run that made it, the local folder of its files, its metrics."""

    run_id: str
    folder: Path
    metrics: dict[str, float]


def digest(text: str) -> str:
    """The SHA-256 of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def digests(folder: Path) -> dict[str, str]:
    """The SHA-256 of each file below a folder, by its path in there."""
    return {str(f.relative_to(folder)): _sha256(f) for f in sorted(folder.rglob("*")) if f.is_file()}


def whole(folder: Path, listed: Mapping[str, str]) -> bool:
    """Whether every listed file has its SHA-256; `OSError` if one is not there."""
    return all(_sha256(folder / name) == digest for name, digest in listed.items())


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
