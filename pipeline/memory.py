"""Peak memory of a stretch of work, and what to let go of after it."""

from __future__ import annotations

import gc
import sys
import threading
from types import TracebackType
from typing import Self

import psutil


class PeakMemory:
    """Measures the highest resident memory of this process, in MiB, while it is entered.

    Sampled every 50 ms from another thread, so a shorter peak can be missed.
    """

    def __init__(self, interval: float = 0.05) -> None:
        self.mib = 0.0
        self._interval = interval
        self._process = psutil.Process()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        """Start watching."""
        self._look()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Look once more and stop."""
        self._stop.set()
        self._thread.join()
        self._look()

    def _look(self) -> None:
        self.mib = max(self.mib, self._process.memory_info().rss / 2**20)

    def _watch(self) -> None:
        while not self._stop.wait(self._interval):
            self._look()


def release(thorough: bool = False) -> None:
    """Let go of what Keras and TensorFlow keep of models that nobody uses any more.

    TensorFlow registers the gradient of each function with one of its own for ever, and with it the graph around it
    and the model: some MiB a training. What is alive after that stays: modules, what Hydra knows of finished jobs,
    MLflow's caches. Later collections pass it by; to look through it took a third of a small job's time, and ever more.
    What of it has become garbage since is let go when somebody asks to be `thorough`.
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
