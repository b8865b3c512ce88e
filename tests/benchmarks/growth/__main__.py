"""Run the whole pipeline on increasing numbers of images: `python -m tests.benchmarks.growth [N …] [--repeat]`.

The images are MNIST's and distorted copies of them; only their number changes between the runs. Sizes that the record
already holds for this machine and these versions are skipped. Nothing else should run on the machine meanwhile.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markdown import Markdown

from tests.benchmarks.command import run_python
from tests.benchmarks.growth.record import FIGURE, SCORES, SECTION, growth_table, merge_runs
from tests.benchmarks.records import read_record, write_record
from tests.helpers import summaries
from tests.markdown_sections import RECORDS, ROOT
from tests.tables import to_markdown

FILE = RECORDS / "growth.json"
MNIST = 60_000
SIZES = (10_000, MNIST, 4 * MNIST, 1_000_000)
OVERRIDES = ("neighbors=approximate", f"train.epoch_size={MNIST}")


def overrides_for(n: int) -> tuple[str, ...]:
    """Return the command-line overrides for n images."""
    copies = -(-n // MNIST) - 1
    return (*OVERRIDES, "data=mnist_augmented", f"data.copies={copies}", f"data.train_size={n}")


def measure_run(n: int, *overrides: str) -> dict[str, Any]:
    """Run the pipeline on n images in a new store; return seconds and peak memory of every stage, and scores."""
    with tempfile.TemporaryDirectory(prefix="growth-") as folder:
        run_python("-m", "pipeline", *overrides_for(n), *overrides, outputs=Path(folder))
        (summary,) = summaries(Path(folder))
    metrics: dict[str, float] = summary["metrics"]
    return {
        "n": n,
        "seconds": round(metrics["wall_seconds"], 1),
        "peak_mib": round(metrics["peak_mib"]),
        "scores": {name: round(metrics[name], 4) for name in SCORES},
        "stages": {
            name: {"seconds": round(stage["seconds"], 1), "peak_mib": round(stage["peak_mib"])}
            for name, stage in summary["stages"].items()
        },
    }


def update_record(runs: list[dict[str, Any]], root: Path) -> None:
    """Write record, figure and table."""
    from tests.benchmarks.growth.figure import growth_figure

    record = merge_runs(read_record(root / FILE), runs)
    write_record(root, FILE, record, FIGURE, growth_figure(record), SECTION)


def main() -> None:
    """Measure the missing sizes, the smallest first, and update the record after each."""
    parser = argparse.ArgumentParser("python -m tests.benchmarks.growth", description=__doc__)
    parser.add_argument("sizes", nargs="*", type=int, metavar="N", help=f"images (default {SIZES})")
    parser.add_argument("--repeat", action="store_true", help="measure recorded sizes again")
    arguments, console = parser.parse_args(), Console(soft_wrap=True)
    runs = merge_runs(read_record(ROOT / FILE), [])["runs"]
    skipped = set() if arguments.repeat else {run["n"] for run in runs}
    for n in sorted(set(arguments.sizes or SIZES) - skipped):
        with console.status(f"{n:,} images"):
            run = measure_run(n)
        console.print(f"{n:,} images: {run['seconds']} s, {run['peak_mib']:,} MiB", highlight=False)
        update_record([run], ROOT)
    console.print(Markdown(to_markdown([growth_table(merge_runs(read_record(ROOT / FILE), []))])))


if __name__ == "__main__":
    main()
