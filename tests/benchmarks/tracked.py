"""Run the pipeline and write the time spent in tracking: `python -m tests.benchmarks.tracked FILE OVERRIDE …`."""

from __future__ import annotations

import functools
import inspect
import json
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


class Stopwatch:
    """Measures the seconds inside the functions that it wraps; nested calls count once."""

    def __init__(self) -> None:
        self.seconds, self._inside = 0.0, threading.local()

    def wrap(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function with its time measured."""

        @functools.wraps(function)
        def timed(*arguments: Any, **options: Any) -> Any:
            if getattr(self._inside, "now", False):
                return function(*arguments, **options)
            self._inside.now, started = True, time.perf_counter()
            try:
                return function(*arguments, **options)
            finally:
                self._inside.now = False
                self.seconds += time.perf_counter() - started

        return timed

    def wrap_methods(self, kind: type) -> None:
        """Measure all methods of a class except context managers, whose body is not theirs."""
        for name, method in list(vars(kind).items()):
            if inspect.isfunction(method) and not hasattr(method, "__wrapped__"):
                setattr(kind, name, self.wrap(method))


def main() -> None:
    """Run the pipeline with its tracking measured."""
    file = Path(sys.argv.pop(1))
    started = time.perf_counter()
    from pipeline.__main__ import main as pipeline
    from pipeline.runtime.environment import set_library_environment

    set_library_environment()
    from pipeline.tracking import Run, Store

    stopwatch = Stopwatch()
    for kind in (Store, Run):
        stopwatch.wrap_methods(kind)
    try:
        pipeline()
    finally:
        total = time.perf_counter() - started
        file.write_text(json.dumps({"tracking": stopwatch.seconds, "tracking share": stopwatch.seconds / total}))


if __name__ == "__main__":
    main()
