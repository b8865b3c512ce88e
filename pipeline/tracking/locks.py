"""Locks between processes of one machine, by which one of them computes what others want too."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from pipeline.console import Console
from pipeline.tracking.client import sqlite_file


def beside_store(uri: str, outputs: Path) -> Path:
    """Return the folder of a SQLite file, so that all its users share what lies there; else the outputs folder."""
    file = sqlite_file(uri)
    return file.parent if file else outputs


@contextmanager
def taken(file: Path, console: Console) -> Iterator[None]:
    """Hold the lock of a file; where another process has it, say so and wait."""
    lock = FileLock(file)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        console.say("  another process is computing this; waiting for its result")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()
