"""Keep the chatter of native libraries away from the terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def muted() -> Iterator[None]:
    """Send what native code writes to standard error to nowhere, such as TensorFlow's greetings at import.

    Python's own errors still arrive: exceptions pass, and are printed after the stream is back.
    """
    try:
        number = sys.__stderr__.fileno() if sys.__stderr__ else -1
        kept = os.dup(number)
    except (OSError, ValueError):
        yield
        return
    sink = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(sink, number)
        yield
    finally:
        os.dup2(kept, number)
        os.close(sink)
        os.close(kept)
