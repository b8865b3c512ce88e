"""Run the whole pipeline on ever more images: `python -m tests.benchmarks.growth [N …] [--anew]`.

The images are MNIST's and distorted copies of them, the command is the same but for their number. Sizes that the
record holds already, of this machine and these versions, are not repeated. Nothing else should run meanwhile.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markdown import Markdown

from pipeline.reproduction.tables import to_markdown
from pipeline.reproduction.write import RECORDS, ROOT
from tests.benchmarks import keeping
from tests.benchmarks.command import python
from tests.benchmarks.growth import record
from tests.helpers import summaries

FILE = RECORDS / "growth.json"
MNIST = 60_000
SIZES = (10_000, MNIST, 4 * MNIST, 1_000_000)
WORDS = ("neighbors=approximate", f"train.epoch_size={MNIST}")


def words(n: int) -> tuple[str, ...]:
    """Return what the command line says for n images."""
    copies = -(-n // MNIST) - 1
    return (*WORDS, "data=mnist_augmented", f"data.copies={copies}", f"data.train_size={n}")


def run(n: int, *more: str) -> dict[str, Any]:
    """Run the pipeline on n images in a fresh store, and return seconds and peak memory of every stage, and scores."""
    with tempfile.TemporaryDirectory(prefix="growth-") as folder:
        python("-m", "pipeline", *words(n), *more, outputs=Path(folder))
        (summary,) = summaries(Path(folder))
    scores: dict[str, float] = summary["metrics"]
    stages = {
        name: {"seconds": round(one["seconds"], 1), "peak_mib": round(one["peak_mib"])}
        for name, one in summary["stages"].items()
    }
    kept = {name: round(scores[name], 4) for name in record.SCORES}
    whole = {"n": n, "seconds": round(scores["wall_seconds"], 1), "peak_mib": round(scores["peak_mib"])}
    return whole | {"scores": kept, "stages": stages}


def write(runs: list[dict[str, Any]], root: Path) -> None:
    """Write record, figure and the README's section."""
    from tests.benchmarks.growth.figure import figure

    found = record.merge(keeping.read(root / FILE), runs)
    keeping.write(root, FILE, found, record.FIGURE, figure(found), "growth", record.section(found))


def main() -> None:
    """Carry out the runs that are missing, the smallest first, and keep record and README up to date after each."""
    parser = argparse.ArgumentParser("python -m tests.benchmarks.growth", description=__doc__)
    parser.add_argument("sizes", nargs="*", type=int, metavar="N", help=f"images (default {SIZES})")
    parser.add_argument("--anew", action="store_true", help="repeat what the record holds")
    given, console = parser.parse_args(), Console(soft_wrap=True)
    there = set() if given.anew else {one["n"] for one in record.merge(keeping.read(ROOT / FILE), [])["runs"]}
    for n in sorted(set(given.sizes or SIZES) - there):
        with console.status(f"{n:,} images"):
            found = run(n)
        console.print(f"{n:,} images: {found['seconds']} s, {found['peak_mib']:,} MiB", highlight=False)
        write([found], ROOT)
    console.print(Markdown(to_markdown([record.table(record.merge(keeping.read(ROOT / FILE), []))])))


if __name__ == "__main__":
    main()
