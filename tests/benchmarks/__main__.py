"""Measure: `python -m tests.benchmarks [ROW …] [--quick]`; without rows all of them.

A full measurement is written into tests/records/benchmark.json, a figure and the README; with --quick the sizes are
a twentieth, arms share a process, nothing is repeated and nothing written: it shows that all works, and its seconds
say little. Nothing else should run meanwhile.
"""

from __future__ import annotations

import argparse
import tempfile
from contextlib import ExitStack
from pathlib import Path

from rich.console import Console
from rich.markdown import Markdown
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from pipeline.reproduction.tables import to_markdown
from pipeline.reproduction.write import RECORDS, ROOT
from tests.benchmarks import keeping, record
from tests.benchmarks.measure import here, measure, steps
from tests.benchmarks.rows import ROWS
from tests.benchmarks.sizes import Sizes, quick
from tests.benchmarks.worker import Worker

FILE = RECORDS / "benchmark.json"


def arguments(words: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser("python -m tests.benchmarks", description=__doc__)
    parser.add_argument("rows", nargs="*", metavar="ROW", help=", ".join(ROWS))
    parser.add_argument("--quick", action="store_true", help="small sizes, no repeats, no record")
    given = parser.parse_args(words)
    unknown = set(given.rows) - set(ROWS)
    if unknown:
        parser.error(f"{', '.join(sorted(unknown))}: there is no such row; choose from {', '.join(ROWS)}")
    return given


def main() -> None:
    """Carry the rows out, say what they took, and write it down."""
    given, console = arguments(), Console(soft_wrap=True)
    names = [name for name in ROWS if name in (given.rows or ROWS)]
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        sizes = quick(Path(folder)) if given.quick else Sizes(folder=Path(folder))
        for name in names:
            missing = {ROWS[name].needs[arm] for arm in set(ROWS[name].arms) - set(here(ROWS[name]))}
            for package in missing:
                console.print(f"  {name}: without {package} (pip install -e '.\\[bench]')", style="yellow")
        rows = carry_out(names, sizes, console, keep=not given.quick)
    console.print(Markdown(to_markdown([record.table(record.merge(None, rows))])))


def carry_out(names: list[str], sizes: Sizes, console: Console, keep: bool) -> list[dict[str, object]]:
    """Measure the rows with a bar, writing each down as soon as it is there; return them."""
    rows = []
    columns = (BarColumn(), TextColumn("{task.description}"), TimeElapsedColumn(), TextColumn("left"))
    with ExitStack() as stack:
        shared = stack.enter_context(Worker()) if sizes.together else None
        bar = stack.enter_context(Progress(*columns, TimeRemainingColumn(), console=console, transient=True))
        task = bar.add_task("", total=sum(steps(ROWS[name], sizes) for name in names))

        def tell(what: str) -> None:
            bar.update(task, advance=1, description=what)

        for name in names:
            rows.append(measure(name, ROWS[name], sizes, tell, shared))
            for line in record.lines(rows[-1]):
                console.print("  ".join(cell for cell in line if cell), highlight=False)
            if keep:
                write(rows, ROOT)
    return rows


def write(rows: list[dict[str, object]], root: Path) -> None:
    """Write record, figure and the README's section; rows measured before on this machine stay."""
    from tests.benchmarks.figure import figure

    found = record.merge(keeping.read(root / FILE), rows)
    keeping.write(root, FILE, found, record.FIGURE, figure(found), "benchmark", record.section(found))


if __name__ == "__main__":
    main()
