"""Compare with ClustPy: `python -m tests.benchmarks.peers [METHOD …] [--n N] [--seeds S …] [--epochs P C] [--anew]`.

Trials that the record holds already are not repeated. Without options: everything, as the README shows it.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from rich.console import Console

from pipeline.reproduction.write import RECORDS, ROOT, splice
from tests.benchmarks.machine import installed
from tests.benchmarks.peers import record
from tests.benchmarks.peers.methods import METHODS, Budget
from tests.benchmarks.peers.trial import trial

FILE = ROOT / RECORDS / "peers.json"
QUICK = ["--n", "500", "--seeds", "0", "--epochs", "2", "2", "--no-record"]


def arguments(words: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser("python -m tests.benchmarks.peers", description=__doc__)
    parser.add_argument("methods", nargs="*", metavar="METHOD", help=", ".join(METHODS))
    parser.add_argument("--n", type=int, default=10_000, help="images (default 10000)")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2], metavar="S")
    parser.add_argument("--epochs", type=int, nargs=2, default=[100, 150], metavar=("P", "C"), help="ClustPy's own")
    parser.add_argument("--anew", action="store_true", help="repeat what the record holds")
    parser.add_argument("--no-record", action="store_true", help="print the table and write nothing")
    parser.add_argument("--quick", action="store_true", help=f"stands for {' '.join(QUICK)}")
    given = parser.parse_args(words)
    if given.quick:
        given = parser.parse_args([*given.methods, *QUICK])
    unknown = set(given.methods) - set(METHODS)
    if unknown:
        parser.error(f"{', '.join(sorted(unknown))}: there is no such method; choose from {', '.join(METHODS)}")
    return given


def main() -> None:
    """Carry out the trials, seed by seed, and keep record and README up to date after each."""
    given, console = arguments(), Console(soft_wrap=True)
    budget = Budget(*given.epochs)
    done = [] if given.no_record else record.read(FILE)
    wanted = [(seed, name) for seed in given.seeds for name in given.methods or METHODS]
    for place, (seed, name) in enumerate(wanted, start=1):
        asked = {"method": name, "seed": seed, "n": given.n, "epochs": METHODS[name].epochs(budget)}
        if not given.anew and any(asked.items() <= one.items() for one in done):
            continue
        if METHODS[name].library == "ClustPy" and installed("clustpy") is None:
            console.print(f"  {name}: left out, ClustPy is not installed (pip install -e '.\\[bench]')", style="yellow")
            continue
        with console.status(f"{place} of {len(wanted)}: {name}, seed {seed}"):
            found = trial(name, seed, given.n, budget)
        console.print("  ".join(f"{key} {value}" for key, value in found.items()), highlight=False)
        done = [one for one in done if not record.same(one, found)] + [found]
        if not given.no_record:
            show(record.write(FILE, done), ROOT / "README.md")
    if given.no_record and done:
        console.print(record.section(record.describe(done)))


def show(found: dict[str, object], readme: Path) -> None:
    """Write the record's table into the README."""
    text = readme.read_text(encoding="utf-8")
    readme.write_text(splice(text, "peers", record.section(found)), encoding="utf-8")


if __name__ == "__main__":
    main()
