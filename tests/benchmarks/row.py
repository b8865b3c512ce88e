"""A row of the benchmark: the same work by several arms, this project's first, and the targets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from tests.benchmarks.sizes import Sizes
from tests.benchmarks.worker import Work

PrepareArm = Callable[[Sizes], Work]


@dataclass(frozen=True)
class Row:
    """The arms by name, this project's first; how often each is measured; and the targets.

    `target_ratios`: for an arm, the least ratio of its time to ours. `limits`: for a fact of our arm, such as its
    seconds, the largest allowed value. `packages`: the package that an arm needs besides this project's own.
    `separate`: the arms never share a process.
    """

    description: str
    arms: dict[str, PrepareArm]
    repeats: int = 3
    target_ratios: dict[str, float] = field(default_factory=dict)
    limits: dict[str, float] = field(default_factory=dict)
    packages: dict[str, str] = field(default_factory=dict)
    separate: bool = False
