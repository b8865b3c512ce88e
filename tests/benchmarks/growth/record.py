"""What the growing runs took, kept after each, and the README's table of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pipeline.reproduction.tables import Table, time_words, to_markdown
from tests.benchmarks import machine
from tests.benchmarks.keeping import newest

Run = dict[str, Any]
FIGURE = ".github/growth.png"
SCORES = {
    "train/purity_score": "purity, all fitted",
    "test/purity_score": "purity, MNIST's 10,000 test images",
    "map/trustworthiness": "trustworthiness of the map",
}


def merge(earlier: dict[str, Any] | None, runs: Sequence[Run]) -> dict[str, Any]:
    """Return the record with these runs new, by size; runs of another machine or other versions do not stay."""
    own, by_size = newest(earlier, runs, "runs", "n")
    return {"machine": own, "runs": [by_size[n] for n in sorted(by_size)]}


def section(record: dict[str, Any] | None) -> str:
    """Return the README's section: the figure and the table."""
    if record is None or not record["runs"]:
        return "Nothing is measured yet."
    return f"![Seconds and peak memory over the number of images]({FIGURE})\n\n{to_markdown([table(record)])}"


def table(record: dict[str, Any]) -> Table:
    """Return the table: a column a size, a row a stage, then the whole and its scores."""
    runs = record["runs"]
    stages = runs[-1]["stages"] if runs else {}
    words = (
        "Seconds and peak memory of each stage, one run (seed 42) for each number of images. Memory is what the "
        "process holds, memory-mapped files and what earlier stages left included. "
        f"Measured on {machine.words(record['machine'])}"
    )
    rows = [(name, *(cell(run["stages"].get(name)) for run in runs)) for name in stages]
    rows.append(("**all of it**", *(f"**{cell(run)}**" for run in runs)))
    rows += [(said, *(f"{run['scores'][name]:.4f}" for run in runs)) for name, said in SCORES.items()]
    return Table("Growth", words, ("stage", *(f"{run['n']:,} images" for run in runs)), rows)


def cell(one: dict[str, float] | None) -> str:
    """Return time and memory of a stage or run."""
    return f"{time_words(one['seconds'])}, {one['peak_mib']:,} MiB" if one else "–"
