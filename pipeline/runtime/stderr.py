"""Mute the messages of native libraries."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def mute_stderr() -> Iterator[None]:
    """Discard what is written to standard error meanwhile, such as native messages at TensorFlow's import.

    Exceptions pass, and are printed after standard error is restored.
    """
    try:
        number = sys.__stderr__.fileno() if sys.__stderr__ else -1
        saved = os.dup(number)
    except (OSError, ValueError):
        yield
        return
    null = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(null, number)
        yield
    finally:
        os.dup2(saved, number)
        os.close(null)
        os.close(saved)
