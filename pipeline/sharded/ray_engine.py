"""The engine that hands shards out to the workers of a Ray cluster: this machine's cores, or many machines."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from pipeline.errors import ArgumentError, UserError
from pipeline.sharded.engine import Item, Result

OBJECT_STORE = 128 * 2**20
"""Bytes for what passes between processes: centres and sums, never images."""


@dataclass(frozen=True)
class RayEngine:
    """Ray tasks, one a shard; a shard whose worker dies is given to another, `tries` times in all.

    `address` is that of a running cluster, HOST:PORT, or auto for the one that this machine belongs to; None starts
    one of this machine's cores for as long as this process lives, with so many `workers` (None: one a core). A task
    takes `cpus` of its machine's cores, and is given as many threads.
    """

    address: str | None = None
    workers: int | None = None
    cpus: int = 1
    tries: int = 4

    def __post_init__(self) -> None:
        for name in ("workers", "cpus", "tries"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ArgumentError(f"{name} = {value}: choose 1 or more")
        if self.address is not None and self.workers is not None:
            raise ArgumentError(f"workers = {self.workers}: the cluster at engine.address has its own; leave one out")

    def map(self, function: Callable[[Item], Result], items: Sequence[Item]) -> Iterator[Result]:
        """Yield `function(item)` of each item, in the order of the items; what it raises in a worker is raised here.

        Raises:
            UserError: Ray is not installed, no cluster answers, or a shard's worker died at every try.
        """
        ray = self._connected()
        work = ray.remote(_run).options(num_cpus=self.cpus, max_retries=self.tries - 1)
        shared = ray.put(function)
        waiting = [work.remote(shared, item) for item in items]
        try:
            for result in waiting:
                yield ray.get(result)
        except ray.exceptions.RayTaskError as error:
            raise error.cause from None
        except ray.exceptions.RayError as error:
            raise UserError(
                f"engine.tries = {self.tries}: a shard's worker died at each of them, most likely for want of "
                f"memory ({type(error).__name__}); lower shards.rows; finished shards are kept"
            ) from error

    def _connected(self) -> Any:
        """The module, connected to the cluster: the one that this process is in already, if it is in one."""
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        try:
            import ray
        except ImportError as error:
            raise UserError("engine=ray: Ray is not installed; pip install -e '.[ray]'") from error
        if not ray.is_initialized():
            quietly = partial(ray.init, log_to_driver=False, logging_level="ERROR")
            own = {"num_cpus": self.workers, "include_dashboard": False, "object_store_memory": OBJECT_STORE}
            try:
                if self.address is None:
                    quietly(**own)
                else:
                    _reach(self.address)
                    quietly(address=self.address)
            except (OSError, RuntimeError, ValueError) as error:
                reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
                raise UserError(
                    f"engine.address = {self.address!r}: no Ray cluster there ({reason}); give HOST:PORT or auto, "
                    "or null for one of this machine's cores"
                ) from error
        return ray


def _reach(address: str) -> None:
    """Raise an `OSError` where nothing listens at HOST:PORT; Ray itself would ask for minutes."""
    host, _, port = address.rpartition(":")
    if host and port.isdigit():
        socket.create_connection((host, int(port)), timeout=10).close()


def _run(function: Callable[[Item], Result], item: Item) -> Result:
    """Work on one item in a worker, whose environment is not that of who asked."""
    from pipeline.job import quiet

    quiet()
    return function(item)
