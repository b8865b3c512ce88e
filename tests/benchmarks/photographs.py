"""A folder of JPEG files from end to end with a pretrained encoder: `python -m tests.benchmarks.photographs [N]`.

The files are letters in colour, turned and enlarged to 224 pixels, each different. Nothing else should run meanwhile.
"""

from __future__ import annotations

import argparse
import tempfile
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from pipeline.data.coloured_glyphs import LETTERS, draw_coloured_letter
from pipeline.runtime.threads import usable_cores
from tests.benchmarks.command import run_python
from tests.benchmarks.machine import describe_machine, machine_sentence
from tests.benchmarks.records import NOT_MEASURED, README, Record, Section, save_record
from tests.helpers import summaries
from tests.markdown_sections import RECORDS, ROOT
from tests.tables import Table, format_duration, to_markdown

FILE = RECORDS / "photographs.json"
COUNT, SIDE, BATCH = 100_000, 224, 1000
"""Number and side of the files, and how many are written from the same forty letters."""
MAX_DEGREES = 8.0
WORDS = ("data=image_folder", "model=pretrained", "neighbors=approximate")


def write_files(folder: Path, count: int) -> None:
    """Write `count` JPEG files below `folder`, in a sub-folder for each letter."""
    for letter in LETTERS:
        (folder / letter).mkdir(parents=True)
    with ProcessPoolExecutor(usable_cores()) as pool:
        list(pool.map(partial(_write_batch, folder, count), range(0, count, BATCH)))


def _write_batch(folder: Path, count: int, start: int) -> None:
    rng = np.random.default_rng(start)
    letters = [(letter, draw_coloured_letter(letter, rng)) for letter in LETTERS for _ in range(4)]
    for index in range(start, min(start + BATCH, count)):
        letter, pixels = letters[index % len(letters)]
        corner = tuple(int(value) for value in pixels[0, 0])
        turned = Image.fromarray(pixels).rotate(rng.uniform(-MAX_DEGREES, MAX_DEGREES), fillcolor=corner)
        large = turned.resize((SIDE, SIDE), Image.Resampling.BICUBIC)
        large.save(folder / letter / f"{index:06d}.jpg", quality=80)


def measure(count: int) -> Record:
    """Return seconds and peak memory of each stage of a run on `count` files, and its scores."""
    with tempfile.TemporaryDirectory(prefix="photographs-") as name:
        folder = Path(name)
        write_files(folder / "files", count)
        (folder / "store").mkdir()
        run_python("-m", "pipeline", *WORDS, f"data.path={folder / 'files'}", outputs=folder / "store")
        (summary,) = summaries(folder / "store")
        (page,) = (folder / "store").glob("runs/*/*/explorer.html")
        size = page.stat().st_size
    metrics: dict[str, float] = summary["metrics"]
    return {
        "machine": describe_machine(),
        "n": count,
        "side": SIDE,
        "seconds": round(metrics["wall_seconds"], 1),
        "peak_mib": round(metrics["peak_mib"]),
        "explorer_mb": round(size / 1e6, 1),
        "stages": {
            name: {"seconds": round(stage["seconds"], 1), "peak_mib": round(stage["peak_mib"])}
            for name, stage in summary["stages"].items()
        },
    }


def photographs_table(record: Record) -> Table:
    """Return the table: a row per stage, then the whole run."""
    caption = (
        f"{record['n']:,} JPEG files of {record['side']}×{record['side']} pixels in a folder, `{' '.join(WORDS)}` "
        "(EfficientNet-Lite0 at 96 pixels), seed 42, one run, with report and explorer "
        f"({record['explorer_mb']:g} MB). Memory is that of the process, as above. "
        f"Measured on {machine_sentence(record['machine'])}"
    )
    rows = [(name, *_cells(stage)) for name, stage in record["stages"].items()]
    rows.append(("**whole run**", *(f"**{cell}**" for cell in _cells(record))))
    return Table("JPEG files", caption, ("stage", "time", "peak memory"), rows)


def _cells(measured: dict[str, Any]) -> tuple[str, str]:
    return format_duration(measured["seconds"]), f"{measured['peak_mib']:,} MiB"


def render_photographs(record: Record | None) -> str:
    """Return the section."""
    return NOT_MEASURED if record is None else to_markdown([photographs_table(record)])


SECTION = Section("photographs", render_photographs)


def main() -> None:
    """Measure, write the record and its section, and print the result."""
    parser = argparse.ArgumentParser("python -m tests.benchmarks.photographs", description=__doc__)
    parser.add_argument("count", nargs="?", type=int, default=COUNT, metavar="N", help=f"files (default {COUNT:,})")
    record = measure(parser.parse_args().count)
    save_record(ROOT, FILE, record, SECTION)
    print(f"{record['n']:,} files: {record['seconds']} s, {record['peak_mib']:,} MiB; see {README}")


if __name__ == "__main__":
    main()
