"""`python -m tests.benchmarks.tracked FILE WORD …`: a run of the pipeline; FILE gets what the tracking took of it."""

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
    """Seconds inside the functions that it wraps; a call within a call counts once."""

    def __init__(self) -> None:
        self.seconds, self._inside = 0.0, threading.local()

    def around(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function, timed."""

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

    def watch(self, kind: type) -> None:
        """Time all methods of a class, but those that wrap what is not theirs: context managers."""
        for name, method in list(vars(kind).items()):
            if inspect.isfunction(method) and not hasattr(method, "__wrapped__"):
                setattr(kind, name, self.around(method))


def main() -> None:
    """Run the pipeline with its tracking watched."""
    file = Path(sys.argv.pop(1))
    started = time.perf_counter()
    from pipeline.__main__ import main as pipeline
    from pipeline.job import quiet
    from pipeline.tracking import Run, Store

    quiet()
    watch = Stopwatch()
    for kind in (Store, Run):
        watch.watch(kind)
    try:
        pipeline()
    finally:
        whole = time.perf_counter() - started
        file.write_text(json.dumps({"tracking": watch.seconds, "tracking share": watch.seconds / whole}))


if __name__ == "__main__":
    main()
