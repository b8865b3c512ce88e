"""Records of measurements: the newest of each name, written with a figure and a section of a README."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from tests.benchmarks.machine import describe_machine
from tests.markdown_sections import write_section

Record = dict[str, Any]
README = Path("tests") / "benchmarks" / "README.md"
NOT_MEASURED = "Not measured yet."


@dataclass(frozen=True)
class Section:
    """A section of the benchmarks' README: its name, and what makes its text of the record (None: no record)."""

    name: str
    render: Callable[[Record | None], str]


def read_record(file: Path) -> Record | None:
    """Return the record, or None where nothing was measured."""
    return dict(json.loads(file.read_text(encoding="utf-8"))) if file.exists() else None


def merge_newest(
    earlier: Record | None, measurements: Sequence[Record], items: str, key: str
) -> tuple[Record, dict[Any, Record]]:
    """Return this machine's facts, and the newest measurement of each `key` in the record's list `items` and the new.

    Earlier measurements on another machine or with other versions are dropped.
    """
    machine = describe_machine()
    earlier_items = earlier[items] if earlier and earlier["machine"] == machine else []
    return machine, {item[key]: item for item in [*earlier_items, *measurements]}


def replace_trials(file: Path, trials: Sequence[Record], order: Sequence[str]) -> list[Record]:
    """Return the record's trials with those of the new trials' data sets replaced, in the order of the data sets."""
    measured = {trial["data"] for trial in trials}
    earlier = read_record(file) or {"trials": []}
    kept = [trial for trial in earlier["trials"] if trial["data"] not in measured]
    return sorted([*kept, *trials], key=lambda trial: order.index(trial["data"]))


def write_record(root: Path, file: Path, record: Record, picture: str, figure: Figure, section: Section) -> None:
    """Write the record, its picture and its section of the benchmarks' README below `root`."""
    from pipeline.pages.figures.style import figure_to_png

    (root / README.parent).mkdir(parents=True, exist_ok=True)
    (root / README.parent / picture).write_bytes(figure_to_png(figure))
    save_record(root, file, record, section)


def save_record(root: Path, file: Path, record: Record, section: Section) -> None:
    """Write the record and its section of the benchmarks' README below `root`."""
    (root / file).parent.mkdir(parents=True, exist_ok=True)
    (root / file).write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    write_section(root / README, section.name, section.render(record))
