"""How measurements are kept: the newest of each name in a record, with a figure and a section of the README."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from pipeline.reproduction.write import splice
from tests.benchmarks import machine

Record = dict[str, Any]


def read(file: Path) -> Record | None:
    """Return the record, or None where nothing was measured."""
    return dict(json.loads(file.read_text(encoding="utf-8"))) if file.exists() else None


def newest(earlier: Record | None, new: Sequence[Record], what: str, by: str) -> tuple[Record, dict[Any, Record]]:
    """Return this machine's facts, and of the record's list `what` and the new ones the newest of each `by`.

    Measurements on another machine or with other versions do not stay beside them.
    """
    own = machine.facts()
    kept = earlier[what] if earlier and earlier["machine"] == own else []
    return own, {one[by]: one for one in [*kept, *new]}


def write(root: Path, file: Path, record: Record, picture: str, drawn: Figure, name: str, section: str) -> None:
    """Write record, picture and the README's section `name` below `root`."""
    from pipeline.figures.style import png

    for place in (root / picture, root / file):
        place.parent.mkdir(parents=True, exist_ok=True)
    (root / picture).write_bytes(png(drawn))
    (root / file).write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    readme = root / "README.md"
    readme.write_text(splice(readme.read_text(encoding="utf-8"), name, section), encoding="utf-8")
