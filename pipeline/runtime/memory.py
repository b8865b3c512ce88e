"""Measure peak memory, and free memory between the jobs of a sweep."""

from __future__ import annotations

import gc
import sys
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


def free_memory(thorough: bool = False) -> None:
    """Free the models that Keras and TensorFlow still refer to, and exclude what stays alive from later collections.

    TensorFlow registers the gradient of each function for the life of the process, and with it the graph and the model:
    some MiB for each training. Modules, Hydra's finished jobs and MLflow's caches stay alive; searching them took a
    third of a small job's time. `thorough` searches them too.
    """
    if thorough:
        gc.unfreeze()
    if "keras" in sys.modules:
        sys.modules["keras"].utils.clear_session(free_memory=False)
    registry = getattr(sys.modules.get("tensorflow.python.framework.ops"), "gradient_registry", None)
    entries = getattr(registry, "_registry", {})
    for name in [name for name in entries if name.startswith("CustomGradient-")]:
        del entries[name]
    gc.collect()
    gc.freeze()
