"""The stored result of a stage, and when its files count as complete.

The run of a stage holds the result below `result/` and, written last, `checksums.json`. A result counts only if its run
is FINISHED, every file matches its checksum, and the list of checksums matches the run's tag.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.runtime.file_digest import file_digest

RESULT, CHECKSUMS = "result", "checksums.json"


@dataclass(frozen=True)
class Result:
    """A stored result: the run that computed it, the local folder of its files, its metrics."""

    run_id: str
    folder: Path
    metrics: dict[str, float]


def text_digest(text: str) -> str:
    """Return the SHA-256 of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def file_digests(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of each file below a folder, by its relative path."""
    return {str(f.relative_to(folder)): file_digest(f) for f in sorted(folder.rglob("*")) if f.is_file()}


def files_match(folder: Path, digests: Mapping[str, str]) -> bool:
    """Return whether every file has its SHA-256.

    Raises:
        OSError: a file is missing.
    """
    return all(file_digest(folder / name) == digest for name, digest in digests.items())
