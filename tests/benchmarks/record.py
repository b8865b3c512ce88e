"""The record of the last full benchmark, and the README's table of it."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import Any

from pipeline.reproduction.tables import Table, time_words, to_markdown
from tests.benchmarks import machine
from tests.benchmarks.embedding import PARTS
from tests.benchmarks.keeping import newest
from tests.benchmarks.rows import ROWS

FIGURE = ".github/benchmark.png"
NONE = "–"


def merge(earlier: dict[str, Any] | None, rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the record with these rows new; rows of another machine or other versions do not stay beside them."""
    own, by_name = newest(earlier, rows, "rows", "row")
    return {"machine": own, "rows": [by_name[name] for name in ROWS if name in by_name]}


def section(record: dict[str, Any] | None) -> str:
    """Return the README's section: the figure, the table, and in words how it was measured."""
    if record is None or not record["rows"]:
        return "Nothing is measured yet."
    return f"![Ours beside its peers: times as fast]({FIGURE})\n\n{to_markdown([table(record)])}"


def table(record: dict[str, Any]) -> Table:
    """Return the table of all rows, a line an arm."""
    images = sorted({row["images"] for row in record["rows"]})
    few = sorted({row["few"] for row in record["rows"]})
    minutes = sum(row["minutes"] for row in record["rows"])
    words = (
        f"{_numbers(images)} MNIST images, where few {_numbers(few)}. The arms of a row took turns, each in a process "
        "of its own; seconds are the median, lowest and highest in brackets, and what compiles once is done before "
        'the clock starts, except in whole processes. "Ours" says how many times as fast the row\'s first arm was. '
        f"All of it took {minutes:.0f} minutes. Measured on {machine.words(record['machine'])}"
    )
    header = ("row", "arm", "time", "repeats", "ours", "target", "peak", "beside it")
    return Table("Speed", words, header, [line for row in record["rows"] for line in lines(row)])


def _numbers(values: Sequence[int]) -> str:
    return " and ".join(f"{value:,}" for value in values)


def lines(row: dict[str, Any]) -> list[tuple[str, ...]]:
    """Return a line for each arm of a row as recorded."""
    first = median(row["arms"][0]["seconds"])
    return [_line(row, place, arm, first) for place, arm in enumerate(row["arms"])]


def _line(row: dict[str, Any], place: int, arm: dict[str, Any], first: float) -> tuple[str, ...]:
    seconds = arm["seconds"]
    spread = f" ({seconds_words(min(seconds))} to {seconds_words(max(seconds))})" if len(seconds) > 1 else ""
    return (
        f"`{row['row']}` {row['says']}" if place == 0 else "",
        arm["arm"],
        seconds_words(median(seconds)) + spread,
        str(len(seconds)),
        f"× {median(seconds) / first:.2f}" if place else "",
        target(row["row"], place, arm, median(seconds) / first),
        f"{arm['peak_mib']:,} MiB",
        ", ".join(f"{key} {fact_words(key, value)}" for key, value in arm["facts"].items()) or NONE,
    )


def target(name: str, place: int, arm: dict[str, Any], ratio: float) -> str:
    """Return the target of an arm and whether it was met: times as fast as a peer, or a limit of our own."""
    row = ROWS[name]
    if arm["arm"] in row.faster:
        wanted = row.faster[arm["arm"]]
        return f"≥ {wanted:.2f} {'met' if ratio >= wanted else 'missed'}"
    if place or not row.limits:
        return NONE
    facts = {"seconds": median(arm["seconds"])} | arm["facts"]
    return ", ".join(
        f"{key} ≤ {fact_words(key, most)} {'met' if facts[key] <= most else 'missed'}"
        for key, most in row.limits.items()
    )


def seconds_words(seconds: float) -> str:
    """Return a time to three digits."""
    return f"{seconds:.2f} s" if seconds < 10 else f"{seconds:.1f} s" if seconds < 100 else time_words(seconds)


def fact_words(name: str, value: float) -> str:
    """Return a fact as its kind is written: shares in per cent, counts whole, times as such, scores to four digits."""
    if name in ("tracking share", "of matmul"):
        return f"{100 * value:.1f} %"
    if name in ("images/s", "inertia", "jobs"):
        return f"{value:,.0f}"
    if name in ("seconds", "tracking", *PARTS):
        return seconds_words(value)
    return f"{value:.4f}"
