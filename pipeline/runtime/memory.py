"""Measure peak memory."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Self

import psutil


class PeakMemory:
    """Measures the highest resident memory of this process, in MiB, while its context is open.

    Sampled every 50 ms from another thread, so a shorter peak can be missed.
    """

    def __init__(self, interval: float = 0.05) -> None:
        self.mib = 0.0
        self._interval = interval
        self._process = psutil.Process()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._loop, daemon=True)

    def __enter__(self) -> Self:
        """Start measuring."""
        self._measure()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Measure once more and stop."""
        self._stop.set()
        self._thread.join()
        self._measure()

    def _measure(self) -> None:
        self.mib = max(self.mib, self._process.memory_info().rss / 2**20)

    def _loop(self) -> None:
        while not self._stop.wait(self._interval):
            self._measure()
