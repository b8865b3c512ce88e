"""A row of the benchmark: the same work by several arms, ours first, and what is hoped for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from tests.benchmarks.sizes import Sizes
from tests.benchmarks.worker import Work

Prepare = Callable[[Sizes], Work]


@dataclass(frozen=True)
class Row:
    """Arms by their names, the first one ours; how often each is carried out; and the targets.

    `faster` says how many times as fast as an arm ours is to be, `limits` what a fact of ours, such as its seconds,
    may be at most; `needs` names the packages that peers need beyond this project's own; arms that are `apart` never
    share a process.
    """

    says: str
    arms: dict[str, Prepare]
    repeats: int = 3
    faster: dict[str, float] = field(default_factory=dict)
    limits: dict[str, float] = field(default_factory=dict)
    needs: dict[str, str] = field(default_factory=dict)
    apart: bool = False
