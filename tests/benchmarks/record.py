"""The record of the speed measurements, and the table of it."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import Any

from tests.benchmarks.embedding import PARTS
from tests.benchmarks.machine import machine_sentence
from tests.benchmarks.records import NOT_MEASURED, Section, merge_newest
from tests.benchmarks.rows import ROWS
from tests.tables import MISSING, Table, format_duration, to_markdown

FIGURE = "benchmark.png"


def merge(earlier: dict[str, Any] | None, rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the record updated with these rows; rows of another machine or other versions are dropped."""
    machine, by_name = merge_newest(earlier, rows, "rows", "row")
    return {"machine": machine, "rows": [by_name[name] for name in ROWS if name in by_name]}


def render_speed(record: dict[str, Any] | None) -> str:
    """Return the section: the figure, how the rows were measured, and the table."""
    if record is None or not record["rows"]:
        return NOT_MEASURED
    return f"![Speed relative to the other libraries]({FIGURE})\n\n{to_markdown([speed_table(record)])}"


SECTION = Section("benchmark", render_speed)


def speed_table(record: dict[str, Any]) -> Table:
    """Return the table of all rows, a line per arm."""
    images = sorted({row["images"] for row in record["rows"]})
    few = sorted({row["few"] for row in record["rows"]})
    minutes = sum(row["minutes"] for row in record["rows"])
    caption = (
        f"{_join(images)} MNIST images; rows on few images have {_join(few)}. The arms of a row alternate, each in a "
        "process of its own. Time is the median of the repeats, with the lowest and highest in brackets; compilation "
        'happens before the clock starts, except in rows that measure whole processes. "relative" is the arm\'s time '
        f"divided by the time of the row's first arm. All rows took {minutes:.0f} minutes. "
        f"Measured on {machine_sentence(record['machine'])}"
    )
    header = ("row", "arm", "time", "repeats", "relative", "target", "peak memory", "other measurements")
    return Table("Speed", caption, header, [cells for row in record["rows"] for cells in row_cells(row)])


def _join(values: Sequence[int]) -> str:
    return " and ".join(f"{value:,}" for value in values)


def row_cells(row: dict[str, Any]) -> list[tuple[str, ...]]:
    """Return the cells of each arm of a recorded row."""
    first = median(row["arms"][0]["seconds"])
    return [_arm_cells(row["row"], index, arm, first) for index, arm in enumerate(row["arms"])]


def _arm_cells(name: str, index: int, arm: dict[str, Any], first: float) -> tuple[str, ...]:
    seconds = arm["seconds"]
    spread = f" ({format_seconds(min(seconds))} to {format_seconds(max(seconds))})" if len(seconds) > 1 else ""
    return (
        f"`{name}` {ROWS[name].description}" if index == 0 else "",
        arm["arm"],
        format_seconds(median(seconds)) + spread,
        str(len(seconds)),
        f"× {median(seconds) / first:.2f}" if index else "",
        _target(name, index, arm, median(seconds) / first),
        f"{arm['peak_mib']:,} MiB",
        ", ".join(f"{key} {format_fact(key, value)}" for key, value in arm["facts"].items()) or MISSING,
    )


def _target(name: str, index: int, arm: dict[str, Any], ratio: float) -> str:
    """Return the target of an arm and whether it is met: a ratio to another library, or a limit of our own."""
    row = ROWS[name]
    if arm["arm"] in row.target_ratios:
        target = row.target_ratios[arm["arm"]]
        return f"≥ {target:.2f} {'met' if ratio >= target else 'not met'}"
    if index or not row.limits:
        return MISSING
    facts = {"seconds": median(arm["seconds"]), "peak memory": arm["peak_mib"]} | arm["facts"]
    return ", ".join(
        f"{key} ≤ {format_fact(key, limit)} {'met' if facts[key] <= limit else 'not met'}"
        for key, limit in row.limits.items()
    )


def format_seconds(seconds: float) -> str:
    """Return a time with three digits."""
    return f"{seconds:.2f} s" if seconds < 10 else f"{seconds:.1f} s" if seconds < 100 else format_duration(seconds)


def format_fact(name: str, value: float) -> str:
    """Return a value with its unit: per cent, a whole number, seconds, MiB, cores, or a score with four decimals."""
    if name in ("tracking share", "of matmul"):
        return f"{100 * value:.1f} %"
    if name in ("images/s", "inertia", "jobs"):
        return f"{value:,.0f}"
    if name in ("seconds", "tracking", *PARTS):
        return format_seconds(value)
    if name == "peak memory":
        return f"{value:,.0f} MiB"
    if name == "busy cores":
        return f"{value:.2f}"
    return f"{value:.4f}"
