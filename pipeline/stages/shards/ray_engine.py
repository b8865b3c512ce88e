"""An engine that distributes shards over the workers of a Ray cluster: the cores of one or many machines."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from pipeline.runtime.environment import set_library_environment
from pipeline.runtime.errors import ArgumentError, UserError, first_line
from pipeline.runtime.threads import set_threads
from pipeline.stages.shards.engine import Item, Result

OBJECT_STORE_BYTES = 128 * 2**20
"""Size of Ray's object store, which holds centres and sums but no images."""

CONNECT_TIMEOUT = 10
"""Seconds to wait for a cluster at HOST:PORT; Ray itself waits for minutes."""


@dataclass(frozen=True)
class RayEngine:
    """Runs one Ray task per shard; a shard whose worker dies is tried again, `tries` times in all.

    `address` is that of a running cluster: HOST:PORT, or auto for the cluster that this machine belongs to. None starts
    a cluster on this machine for the life of this process, with `workers` workers (None: one per core). Each task uses
    `cpus` cores and as many threads.

    Raises:
        ArgumentError: a number is below 1, or `workers` is given for a running cluster.
    """

    address: str | None = None
    workers: int | None = None
    cpus: int = 1
    tries: int = 4

    def __post_init__(self) -> None:
        for name in ("workers", "cpus", "tries"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ArgumentError(f"{name} = {value}: must be 1 or more")
        if self.address is not None and self.workers is not None:
            raise ArgumentError(f"workers = {self.workers}: cannot be set together with engine.address; remove one")

    def map(self, function: Callable[[Item], Result], items: Sequence[Item]) -> Iterator[Result]:
        """Yield `function(item)` for each item, in the order of the items; exceptions of workers are raised here.

        Raises:
            UserError: Ray is not installed, the cluster cannot be reached, or a shard's worker died in every try.
        """
        ray = self._connect()
        task = ray.remote(_run_in_worker).options(num_cpus=self.cpus, max_retries=self.tries - 1)
        function_reference = ray.put(function)
        pending = [task.remote(function_reference, item) for item in items]
        try:
            for result in pending:
                yield ray.get(result)
        except ray.exceptions.RayTaskError as error:
            raise error.cause from None
        except ray.exceptions.RayError as error:
            raise UserError(
                f"engine.tries = {self.tries}: a worker died in each of {self.tries} tries of a shard, most likely "
                f"because memory ran out ({type(error).__name__}); reduce shards.rows and run the same command again, "
                "finished shards are reused"
            ) from error

    def _connect(self) -> Any:
        """Return the module `ray`, connected to the cluster; an existing connection of this process is kept."""
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        try:
            import ray
        except ImportError as error:
            raise UserError("engine=ray: Ray is not installed; run pip install -e '.[ray]'") from error
        if ray.is_initialized():
            return ray
        connect = partial(ray.init, log_to_driver=False, logging_level="ERROR")
        try:
            if self.address is None:
                connect(num_cpus=self.workers, include_dashboard=False, object_store_memory=OBJECT_STORE_BYTES)
            else:
                _check_reachable(self.address)
                connect(address=self.address)
        except (OSError, RuntimeError, ValueError) as error:
            reason = first_line(error)
            raise UserError(
                f"engine.address = {self.address!r}: cannot connect to a Ray cluster ({reason}); set HOST:PORT, auto, "
                "or null for the cores of this machine"
            ) from error
        return ray


def _check_reachable(address: str) -> None:
    """Raise an `OSError` if nothing listens at HOST:PORT."""
    host, _, port = address.rpartition(":")
    if host and port.isdigit():
        socket.create_connection((host, int(port)), timeout=CONNECT_TIMEOUT).close()


def _run_in_worker(function: Callable[[Item], Result], item: Item) -> Result:
    """Apply the function in a worker, which does not inherit the environment of the calling process."""
    set_library_environment()
    set_threads()
    return function(item)
