"""Engines apply a function to many shards: in threads of this process here, on a Ray cluster in `ray_engine`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol, TypeVar

from pipeline.runtime.errors import ArgumentError
from pipeline.runtime.threads import thread_count

Item = TypeVar("Item")
Result = TypeVar("Result")


class ShardEngine(Protocol):
    """Applies a function to many items, wherever its workers are."""

    def map(self, function: Callable[[Item], Result], items: Sequence[Item]) -> Iterator[Result]:
        """Yield `function(item)` for each item, in the order of the items."""


@dataclass(frozen=True)
class LocalEngine:
    """Processes items in threads of this process, `workers` at a time (None: as many as the libraries may use threads).

    Each item's computation runs on one thread, so that results do not depend on the number of workers. Memory grows
    with the number of workers, because each holds one item.

    Raises:
        ArgumentError: `workers` is below 1.
    """

    workers: int | None = None

    def __post_init__(self) -> None:
        if self.workers is not None and self.workers < 1:
            raise ArgumentError(f"workers = {self.workers}: must be 1 or more")

    def map(self, function: Callable[[Item], Result], items: Sequence[Item]) -> Iterator[Result]:
        """Yield `function(item)` for each item, in their order; after a failure, those that wait are dropped."""
        from threadpoolctl import threadpool_limits

        pool = ThreadPoolExecutor(self.workers or thread_count())
        # The items set this limit themselves, but for some libraries it holds for all threads of the process.
        with threadpool_limits(1):
            try:
                yield from pool.map(function, items)
            finally:
                pool.shutdown(cancel_futures=True)
