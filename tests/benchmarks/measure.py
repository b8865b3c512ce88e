"""Carry out a row: its arms in turn, so that what slows the machine for a while slows them all."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from statistics import median
from typing import Any

from tests.benchmarks.machine import installed
from tests.benchmarks.row import Row
from tests.benchmarks.sizes import Sizes
from tests.benchmarks.worker import Worker

Tell = Callable[[str], None]


def here(row: Row) -> list[str]:
    """Return the arms whose packages are installed."""
    return [arm for arm in row.arms if arm not in row.needs or installed(row.needs[arm])]


def steps(row: Row, sizes: Sizes) -> int:
    """Return how often something of the row is prepared or carried out, for a bar."""
    return len(here(row)) * (1 + min(row.repeats, sizes.most_repeats))


def measure(
    name: str, row: Row, sizes: Sizes, tell: Tell = lambda _: None, shared: Worker | None = None
) -> dict[str, Any]:
    """Return the row as the record keeps it: seconds of each repeat, medians of the facts, peak memory of each arm.

    Each arm has a process of its own, unless there is a `shared` one and the row has nothing against it.
    """
    started = time.perf_counter()
    found: dict[str, list[tuple[float, dict[str, float]]]] = {arm: [] for arm in here(row)}
    with ExitStack() as stack:
        workers: dict[str, Worker] = {}
        for arm in found:
            tell(f"{name}: preparing {arm}")
            workers[arm] = shared if shared and not row.apart else stack.enter_context(Worker())
            workers[arm].prepare(arm, partial(row.arms[arm], sizes))
        for _ in range(min(row.repeats, sizes.most_repeats)):
            for arm, worker in workers.items():
                tell(f"{name}: {arm}")
                found[arm].append(worker.run(arm))
        peaks = {arm: worker.peak() for arm, worker in workers.items()}
    arms = [
        {
            "arm": arm,
            "seconds": [round(seconds, 3) for seconds, _ in runs],
            "peak_mib": round(peaks[arm]),
            "facts": {key: round(median(facts[key] for _, facts in runs), 4) for key in runs[0][1]},
        }
        for arm, runs in found.items()
    ]
    minutes = round((time.perf_counter() - started) / 60, 1)
    return {
        "row": name, "says": row.says, "images": sizes.images, "few": sizes.few, "minutes": minutes, "arms": arms,
    }  # fmt: skip
