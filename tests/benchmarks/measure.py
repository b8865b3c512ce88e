"""Measure a row: its arms alternate, so that a slow phase of the machine affects all of them."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from statistics import median
from typing import Any

from tests.benchmarks.machine import installed_version
from tests.benchmarks.row import Row
from tests.benchmarks.sizes import Sizes
from tests.benchmarks.worker import Worker

Report = Callable[[str], None]


def available_arms(row: Row) -> list[str]:
    """Return the arms whose packages are installed."""
    return [arm for arm in row.arms if arm not in row.packages or installed_version(row.packages[arm])]


def count_steps(row: Row, sizes: Sizes) -> int:
    """Return how many steps `measure` reports for a row: one per preparation and one per repeat, for each arm."""
    return len(available_arms(row)) * (1 + min(row.repeats, sizes.most_repeats))


def measure(
    name: str, row: Row, sizes: Sizes, report: Report = lambda _: None, shared: Worker | None = None
) -> dict[str, Any]:
    """Return the row as the record stores it: per arm the seconds of each repeat, median facts, and peak memory.

    Each arm has a process of its own, unless there is a `shared` one and the row is not `separate`.
    """
    started = time.perf_counter()
    measurements: dict[str, list[tuple[float, dict[str, float]]]] = {arm: [] for arm in available_arms(row)}
    with ExitStack() as stack:
        workers: dict[str, Worker] = {}
        for arm in measurements:
            report(f"{name}: preparing {arm}")
            workers[arm] = shared if shared and not row.separate else stack.enter_context(Worker())
            workers[arm].prepare(arm, partial(row.arms[arm], sizes))
        for _ in range(min(row.repeats, sizes.most_repeats)):
            for arm, worker in workers.items():
                report(f"{name}: {arm}")
                measurements[arm].append(worker.run(arm))
        peaks = {arm: worker.peak() for arm, worker in workers.items()}
    arms = [
        {
            "arm": arm,
            "seconds": [round(seconds, 3) for seconds, _ in repeats],
            "peak_mib": round(peaks[arm]),
            "facts": {key: round(median(facts[key] for _, facts in repeats), 4) for key in repeats[0][1]},
        }
        for arm, repeats in measurements.items()
    ]
    minutes = round((time.perf_counter() - started) / 60, 1)
    return {"row": name, "images": sizes.images, "few": sizes.few, "minutes": minutes, "arms": arms}
