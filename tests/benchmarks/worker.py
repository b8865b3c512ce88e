"""Processes that carry arms out: in one of its own what an arm loads and compiles costs no other."""

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
from typing import Any, Self

Facts = Mapping[str, float]
Work = Callable[[], Facts]
"""What is timed; it returns what else is worth knowing, such as a recall, and `seconds` where it timed itself."""

Prepare = Callable[[], Work]
"""Loads, builds and warms up, untimed, and returns the work. It must be importable by another process."""


class Worker:
    """A fresh process that prepares arms, carries one out each time it is asked, and tells seconds and facts."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs,), daemon=True)
        self._process.start()
        theirs.close()

    def prepare(self, arm: str, prepare: Prepare) -> None:
        """Make an arm ready to be carried out.

        Raises:
            RuntimeError: the process could not, with its reason.
        """
        self._ask(arm, prepare)

    def run(self, arm: str) -> tuple[float, dict[str, float]]:
        """Carry an arm out once; return its seconds and its facts."""
        seconds, facts = self._ask(arm)
        return float(seconds), dict(facts)

    def peak(self) -> float:
        """Return the most memory that the process held until now, in MiB."""
        return float(self._ask(None)[0])

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

    def _ask(self, *question: Any) -> tuple[float, dict[str, float]]:
        try:
            self._pipe.send(question)
            first, second = self._pipe.recv()
        except (EOFError, BrokenPipeError) as error:
            self._process.join()
            raise RuntimeError(f"the process ended with exit status {self._process.exitcode} and no word") from error
        if isinstance(first, str):
            raise RuntimeError(f"{first}\n{second}")
        return first, second


def _serve(pipe: Connection) -> None:
    """The worker's side: answer until told to end. What libraries print goes nowhere."""
    with open(os.devnull, "w") as nowhere:  # noqa: PTH123  # it is no path
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)
    works: dict[str, Work] = {}
    try:
        while True:
            arm, *prepare = pipe.recv()
            if arm is None:
                pipe.send((peak_mib(), {}))
            elif prepare:
                works[arm] = prepare[0]()
                pipe.send((0.0, {}))
            else:
                started = time.perf_counter()
                facts = dict(works[arm]())
                elapsed = time.perf_counter() - started
                pipe.send((facts.pop("seconds", elapsed), facts))
    except Exception as error:
        pipe.send((f"{type(error).__name__}: {error}", traceback.format_exc()))


def peak_mib() -> float:
    """Return the most memory that this process, or one that it started and saw end, ever held, in MiB."""
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return peak / (2**20 if sys.platform == "darwin" else 2**10)
