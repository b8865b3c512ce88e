"""Processes that run arms; in its own process an arm does not share imports or compiled code with another."""

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
"""The measured work; it returns other measurements, such as a recall, and `seconds` if it measures its own time."""

Prepare = Callable[[], Work]
"""Loads, builds and warms up without being timed, and returns the work. Another process must be able to import it."""


class Worker:
    """A new process that prepares arms and runs them on request, returning seconds and facts."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, remote = context.Pipe()
        self._process = context.Process(target=_serve, args=(remote,), daemon=True)
        self._process.start()
        remote.close()

    def prepare(self, arm: str, prepare: Prepare) -> None:
        """Prepare an arm.

        Raises:
            RuntimeError: the preparation failed; the message has the reason.
        """
        self._request(arm, prepare)

    def run(self, arm: str) -> tuple[float, dict[str, float]]:
        """Run an arm once and return its seconds and its facts."""
        seconds, facts = self._request(arm)
        return float(seconds), dict(facts)

    def peak(self) -> float:
        """Return the peak memory of the process until now, in MiB."""
        return float(self._request(None)[0])

    def __enter__(self) -> Self:
        """Return the worker; its process runs already."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the process."""
        if self._process.is_alive():
            self._process.kill()
        self._process.join()

    def _request(self, *message: Any) -> tuple[float, dict[str, float]]:
        try:
            self._pipe.send(message)
            first, second = self._pipe.recv()
        except (EOFError, BrokenPipeError) as error:
            self._process.join()
            raise RuntimeError(f"the process ended with exit status {self._process.exitcode} and no message") from error
        if isinstance(first, str):
            raise RuntimeError(f"{first}\n{second}")
        return first, second


def _serve(pipe: Connection) -> None:
    """Answer requests in the worker's process until it is ended; the output of libraries is discarded."""
    with open(os.devnull, "w") as null:  # noqa: PTH123  # a device
        os.dup2(null.fileno(), 1)
        os.dup2(null.fileno(), 2)
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
    """Return the peak memory in MiB of this process, or of the largest process that it started and that has ended."""
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return peak / (2**20 if sys.platform == "darwin" else 2**10)
