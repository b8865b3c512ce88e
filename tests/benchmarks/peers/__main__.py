"""Compare accuracy with ClustPy: `python -m tests.benchmarks.peers [METHOD …] [--n N] [--seeds S …] [--repeat]`.

Trials that the record already holds are skipped. Without options all methods run as README.md shows them.
"""

from __future__ import annotations

import argparse

from rich.console import Console

from tests.benchmarks.machine import installed_version
from tests.benchmarks.peers.methods import METHODS, Budget
from tests.benchmarks.peers.record import (
    SECTION,
    is_same_trial,
    make_record,
    read_trials,
    render_peers,
    write_trials,
)
from tests.benchmarks.peers.trial import run_trial
from tests.benchmarks.records import README
from tests.markdown_sections import RECORDS, ROOT, write_section

FILE = RECORDS / "peers.json"
QUICK = ["--n", "500", "--seeds", "0", "--epochs", "2", "2", "--no-record"]


def parse_peer_arguments(words: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser("python -m tests.benchmarks.peers", description=__doc__)
    parser.add_argument("methods", nargs="*", metavar="METHOD", help=", ".join(METHODS))
    parser.add_argument("--n", type=int, default=10_000, help="images (default 10000)")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2], metavar="S")
    parser.add_argument("--epochs", type=int, nargs=2, default=[100, 150], metavar=("P", "C"), help="ClustPy's epochs")
    parser.add_argument("--repeat", action="store_true", help="run recorded trials again")
    parser.add_argument("--no-record", action="store_true", help="print the table and write nothing")
    parser.add_argument("--quick", action="store_true", help=f"the same as {' '.join(QUICK)}")
    arguments = parser.parse_args(words)
    if arguments.quick:
        arguments = parser.parse_args([*arguments.methods, *QUICK])
    unknown = set(arguments.methods) - set(METHODS)
    if unknown:
        parser.error(f"unknown method {', '.join(sorted(unknown))}; choose from {', '.join(METHODS)}")
    return arguments


def main() -> None:
    """Run the trials, seed by seed, and update record and table after each."""
    arguments, console = parse_peer_arguments(), Console(soft_wrap=True)
    budget = Budget(*arguments.epochs)
    trials = [] if arguments.no_record else read_trials(ROOT / FILE)
    requested = [(seed, name) for seed in arguments.seeds for name in arguments.methods or METHODS]
    for number, (seed, name) in enumerate(requested, start=1):
        settings = {"method": name, "seed": seed, "n": arguments.n, "epochs": METHODS[name].epochs(budget)}
        if not arguments.repeat and any(settings.items() <= trial.items() for trial in trials):
            continue
        if METHODS[name].library == "ClustPy" and installed_version("clustpy") is None:
            console.print(f"  {name}: ClustPy is not installed (pip install -e '.\\[bench]')", style="yellow")
            continue
        with console.status(f"{number} of {len(requested)}: {name}, seed {seed}"):
            trial = run_trial(name, seed, arguments.n, budget)
        console.print("  ".join(f"{key} {value}" for key, value in trial.items()), highlight=False)
        trials = [other for other in trials if not is_same_trial(other, trial)] + [trial]
        if not arguments.no_record:
            write_section(ROOT / README, SECTION.name, render_peers(write_trials(ROOT / FILE, trials)))
    if arguments.no_record and trials:
        console.print(render_peers(make_record(trials)))


if __name__ == "__main__":
    main()
