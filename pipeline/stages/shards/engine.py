"""Engines apply a function to many shards: in this process here, on a Ray cluster in `ray_engine`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class ShardEngine(Protocol):
    """Applies a function to many items, wherever its workers are."""

    def map(self, function: Callable[[Item], Result], items: Sequence[Item]) -> Iterator[Result]:
        """Yield `function(item)` for each item, in the order of the items."""


class LocalEngine:
    """Processes one item after the other in this process."""

    def map(self, function: Callable[[Item], Result], items: Sequence[Item]) -> Iterator[Result]:
        """Yield `function(item)` for each item."""
        return map(function, items)
