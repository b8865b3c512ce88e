"""Measure speed: `python -m tests.benchmarks [ROW …] [--quick]`; without rows all of them.

A full measurement updates tests/records/benchmark.json, the figure and README.md beside this file. With --quick the
sizes are a twentieth, arms share a process, nothing is repeated and nothing is written: it checks that everything
runs, and its seconds mean little. Nothing else should run on the machine meanwhile.
"""

from __future__ import annotations

import argparse
import tempfile
from contextlib import ExitStack
from pathlib import Path

from rich.console import Console
from rich.markdown import Markdown
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from tests.benchmarks.measure import available_arms, count_steps, measure
from tests.benchmarks.record import FIGURE, SECTION, merge, row_cells, speed_table
from tests.benchmarks.records import read_record, write_record
from tests.benchmarks.rows import ROWS
from tests.benchmarks.sizes import Sizes, quick_sizes
from tests.benchmarks.worker import Worker
from tests.markdown_sections import RECORDS, ROOT
from tests.tables import to_markdown

FILE = RECORDS / "benchmark.json"


def parse_arguments(words: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser("python -m tests.benchmarks", description=__doc__)
    parser.add_argument("rows", nargs="*", metavar="ROW", help=", ".join(ROWS))
    parser.add_argument("--quick", action="store_true", help="small sizes, no repeats, no record")
    arguments = parser.parse_args(words)
    unknown = set(arguments.rows) - set(ROWS)
    if unknown:
        parser.error(f"unknown row {', '.join(sorted(unknown))}; choose from {', '.join(ROWS)}")
    return arguments


def main() -> None:
    """Measure the rows, print them, and update the record."""
    arguments, console = parse_arguments(), Console(soft_wrap=True)
    names = [name for name in ROWS if name in (arguments.rows or ROWS)]
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        sizes = quick_sizes(Path(folder)) if arguments.quick else Sizes(folder=Path(folder))
        for name in names:
            row = ROWS[name]
            for package in {row.packages[arm] for arm in set(row.arms) - set(available_arms(row))}:
                console.print(f"  {name}: {package} is not installed (pip install -e '.\\[bench]')", style="yellow")
        rows = measure_rows(names, sizes, console, update=not arguments.quick)
    console.print(Markdown(to_markdown([speed_table(merge(None, rows))])))


def measure_rows(names: list[str], sizes: Sizes, console: Console, update: bool) -> list[dict[str, object]]:
    """Measure the rows with a progress bar and return them; with `update` each is recorded as soon as it is done."""
    rows = []
    columns = (BarColumn(), TextColumn("{task.description}"), TimeElapsedColumn(), TextColumn("left"))
    with ExitStack() as stack:
        shared = stack.enter_context(Worker()) if sizes.together else None
        bar = stack.enter_context(Progress(*columns, TimeRemainingColumn(), console=console, transient=True))
        task = bar.add_task("", total=sum(count_steps(ROWS[name], sizes) for name in names))

        def report(step: str) -> None:
            bar.update(task, advance=1, description=step)

        for name in names:
            rows.append(measure(name, ROWS[name], sizes, report, shared))
            for cells in row_cells(rows[-1]):
                console.print("  ".join(cell for cell in cells if cell), highlight=False)
            if update:
                update_record(rows, ROOT)
    return rows


def update_record(rows: list[dict[str, object]], root: Path) -> None:
    """Write record, figure and table; rows measured before on this machine stay."""
    from tests.benchmarks.figure import speed_figure

    record = merge(read_record(root / FILE), rows)
    write_record(root, FILE, record, FIGURE, speed_figure(record), SECTION)


if __name__ == "__main__":
    main()
