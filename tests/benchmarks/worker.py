"""A process of its own for each arm: what one loads, compiles and holds costs no other, and its peak is its own."""

from __future__ import annotations

import multiprocessing
import os
import resource
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Self

Facts = Mapping[str, float]
Work = Callable[[], Facts]
"""What is timed; it returns what else is worth knowing, such as a recall, and `seconds` where it timed itself."""

Prepare = Callable[[], Work]
"""Loads, builds and warms up, untimed, and returns the work. It must be importable by another process."""


class Worker:
    """Prepares an arm in a fresh process, then carries it out each time it is asked, and tells seconds and facts."""

    def __init__(self, prepare: Prepare) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(prepare, theirs), daemon=True)
        self._process.start()
        theirs.close()
        self._answer()

    def run(self) -> tuple[float, dict[str, float]]:
        """Carry the work out once; return its seconds and its facts."""
        self._pipe.send("run")
        seconds, facts = self._answer()
        return float(seconds), dict(facts)

    def close(self) -> float:
        """End the process; return its peak memory in MiB."""
        self._pipe.send("end")
        peak = float(self._answer()[0])
        self._process.join()
        return peak

    def __enter__(self) -> Self:
        """The process is there already."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave no process behind."""
        if self._process.is_alive():
            self._process.kill()
        self._process.join()

    def _answer(self) -> tuple[float, dict[str, float]]:
        try:
            first, second = self._pipe.recv()
        except EOFError as error:
            self._process.join()
            raise RuntimeError(f"the process ended with exit status {self._process.exitcode} and no word") from error
        if isinstance(first, str):
            raise RuntimeError(f"{first}\n{second}")
        return first, second


def _serve(prepare: Prepare, pipe: Connection) -> None:
    """The worker's side: prepare, say so, then answer until told to end. What libraries print goes nowhere."""
    with open(os.devnull, "w") as nowhere:  # noqa: PTH123  # it is no path
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)
    try:
        work = prepare()
        pipe.send((0.0, {}))
        while pipe.recv() == "run":
            started = time.perf_counter()
            facts = dict(work())
            elapsed = time.perf_counter() - started
            pipe.send((facts.pop("seconds", elapsed), facts))
        pipe.send((peak_mib(), {}))
    except Exception as error:
        pipe.send((f"{type(error).__name__}: {error}", traceback.format_exc()))


def peak_mib() -> float:
    """Return the most memory that this process, or one that it started and saw end, ever held, in MiB."""
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return peak / (2**20 if sys.platform == "darwin" else 2**10)
