"""The record of the trials, written after each so that an interrupted comparison can continue, and its table."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

from tests.benchmarks.machine import describe_machine, machine_sentence
from tests.benchmarks.peers.methods import METHODS, K, Method
from tests.benchmarks.peers.trial import SUBSET_SEED
from tests.benchmarks.records import NOT_MEASURED, Section
from tests.tables import MISSING, Table, format_duration, format_spread, to_markdown

Trial = dict[str, Any]
SCORES = ("accuracy", "nmi", "ari")


def is_same_trial(first: Trial, second: Trial) -> bool:
    """Return whether two trials have the same method and seed."""
    return bool(first["method"] == second["method"] and first["seed"] == second["seed"])


def read_trials(file: Path) -> list[Trial]:
    """Return the trials of a record."""
    return list(json.loads(file.read_text(encoding="utf-8"))["trials"]) if file.exists() else []


def make_record(trials: Sequence[Trial]) -> dict[str, Any]:
    """Return the record of these trials, sorted by method and seed, with the machine's facts."""
    order = list(METHODS)
    by_method = sorted(trials, key=lambda trial: (order.index(trial["method"]), trial["seed"]))
    return {"machine": describe_machine(), "subset_seed": SUBSET_SEED, "trials": by_method}


def write_trials(file: Path, trials: Sequence[Trial]) -> dict[str, Any]:
    """Write the record of these trials, one per line, and return it."""
    record = make_record(trials)
    lines = ",\n".join("  " + json.dumps(trial) for trial in record["trials"])
    head = json.dumps(record | {"trials": []}, indent=1).removesuffix("[]\n}")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"{head}[\n{lines}\n ]\n}}\n", encoding="utf-8")
    return record


def render_peers(record: dict[str, Any] | None) -> str:
    """Return the section: the table of the methods."""
    return to_markdown([peers_table(record)]) if record and record["trials"] else NOT_MEASURED


SECTION = Section("peers", render_peers)


def peers_table(record: dict[str, Any]) -> Table:
    """Return the table of the methods, a row each: mean ± sd over the seeds, the worst seed, time and memory."""
    header = (
        "method",
        "library",
        "accuracy",
        "worst",
        "NMI",
        "ARI",
        "epochs",
        "seeds",
        "processor time",
        "peak memory",
    )
    trials = record["trials"]
    sizes = " and ".join(f"{n:,}" for n in sorted({trial["n"] for trial in trials}))
    notes = [f"{name}: {method.settings}." for name, method in METHODS.items() if method.settings]
    caption = (
        f"{sizes} MNIST training images, a stratified subset (seed {record['subset_seed']}), all of them fitted, "
        f"k = {K}; mean ± sd over the seeds. Each trial runs in a process of its own; its time is the processor time "
        "of the median seed, with imports and compilation. ClustPy's methods have its default settings and the epochs "
        f"of pretraining and clustering in the table. {' '.join(notes)} "
        f"Measured on {machine_sentence(record['machine'])}"
    )
    rows = [
        _cells(name, method, [trial for trial in trials if trial["method"] == name]) for name, method in METHODS.items()
    ]
    return Table("Deep clustering: this project and ClustPy", caption, header, rows)


def _cells(name: str, method: Method, trials: Sequence[Trial]) -> tuple[str, ...]:
    if not trials:
        return (name, method.library, "no finished run", *[MISSING] * 7)
    accuracies = [trial["accuracy"] for trial in trials]
    return (
        name,
        method.library,
        format_spread(accuracies),
        f"{min(accuracies):.4f}",
        *(format_spread([trial[score] for trial in trials]) for score in SCORES[1:]),
        " + ".join(map(str, trials[0]["epochs"])) or MISSING,
        ", ".join(str(trial["seed"]) for trial in trials),
        format_duration(median(trial["processor_seconds"] for trial in trials)),
        f"{max(trial['peak_mib'] for trial in trials):,} MiB",
    )
