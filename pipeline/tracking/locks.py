"""Locks between processes of one machine, so that one of them computes what the others want too."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from pipeline.runtime.observer import RunObserver
from pipeline.tracking.client import sqlite_file

PATIENCE = 0.2
"""Seconds of waiting that nobody needs to be told of."""


def store_folder(uri: str, outputs: Path) -> Path:
    """Return the folder of a SQLite store, which all its users share; for a server the outputs folder."""
    file = sqlite_file(uri)
    return file.parent if file else outputs


@contextmanager
def hold_lock(file: Path, observer: RunObserver, holder: str) -> Iterator[None]:
    """Hold the lock of a file; if another process, the `holder`, holds it, say so and wait."""
    lock = FileLock(file)
    try:
        lock.acquire(timeout=PATIENCE)
    except Timeout:
        observer.message(f"  waiting for {holder}")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()
