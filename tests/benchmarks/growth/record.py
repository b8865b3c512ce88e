"""The record of time and memory against the number of images, and the table of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.benchmarks.machine import machine_sentence
from tests.benchmarks.records import NOT_MEASURED, Section, merge_newest
from tests.tables import MISSING, Table, format_duration, to_markdown

FIGURE = "growth.png"
SCORES = {
    "train/purity_score": "purity, all fitted images",
    "test/purity_score": "purity, MNIST's 10,000 test images",
    "map/trustworthiness": "trustworthiness of the map",
}


def merge_runs(earlier: dict[str, Any] | None, runs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the record updated with these runs, by size; runs of another machine or other versions are dropped."""
    machine, by_size = merge_newest(earlier, runs, "runs", "n")
    return {"machine": machine, "runs": [by_size[n] for n in sorted(by_size)]}


def render_growth(record: dict[str, Any] | None) -> str:
    """Return the section: the figure and the table."""
    if record is None or not record["runs"]:
        return NOT_MEASURED
    return f"![Seconds and peak memory against the number of images]({FIGURE})\n\n{to_markdown([growth_table(record)])}"


SECTION = Section("growth", render_growth)


def growth_table(record: dict[str, Any]) -> Table:
    """Return the table: a column per size, a row per stage, then the whole run and its scores."""
    runs = record["runs"]
    stages = runs[-1]["stages"] if runs else {}
    caption = (
        "Seconds and peak memory of each stage, one run (seed 42, k = 10) per number of images. Memory is that of the "
        "process, including memory-mapped files and what earlier stages left. "
        f"Measured on {machine_sentence(record['machine'])}"
    )
    rows = [(name, *(_cell(run["stages"].get(name)) for run in runs)) for name in stages]
    rows.append(("**whole run**", *(f"**{_cell(run)}**" for run in runs)))
    rows += [(title, *(f"{run['scores'][name]:.4f}" for run in runs)) for name, title in SCORES.items()]
    return Table("Growth", caption, ("stage", *(f"{run['n']:,} images" for run in runs)), rows)


def _cell(measured: dict[str, float] | None) -> str:
    return f"{format_duration(measured['seconds'])}, {measured['peak_mib']:,} MiB" if measured else MISSING
