"""The command line of measurements that consist of trials with names, and can be interrupted."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path


def measure_named(
    module: str, description: str | None, kind: str, names: Sequence[str], measure: Callable[[set[str], Path], None]
) -> None:
    """Call `measure` with the names on the command line of `tests.benchmarks.MODULE`, or all, and a folder for files.

    `kind` is what a name stands for. The folder is that of `--folder`, which is kept, or a temporary one.
    """
    parser = argparse.ArgumentParser(f"python -m tests.benchmarks.{module}", description=description)
    parser.add_argument("names", nargs="*", metavar=kind.upper(), help=f"of {', '.join(names)}; all if none is named")
    parser.add_argument("--folder", type=Path, help="keeps the images and the runs")
    arguments = parser.parse_args()
    unknown = set(arguments.names) - set(names)
    if unknown:
        parser.error(f"no such {kind}: {', '.join(sorted(unknown))}")
    with tempfile.TemporaryDirectory(prefix=f"{module.replace('_', '-')}-") as name:
        folder = Path(arguments.folder or name).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        measure(set(arguments.names or names), folder)
