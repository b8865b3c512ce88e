"""What the trials measured: kept after each, so that an interrupted comparison goes on where it stopped."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

from pipeline.reproduction.tables import Table, spread, time_words, to_markdown
from tests.benchmarks import machine
from tests.benchmarks.peers.methods import METHODS, K, Method
from tests.benchmarks.peers.trial import SUBSET_SEED

Trial = dict[str, Any]
SCORES = ("accuracy", "nmi", "ari")
NONE = "–"


def same(one: Trial, other: Trial) -> bool:
    """Whether two trials are of one method and seed, whatever they were given."""
    return bool(one["method"] == other["method"] and one["seed"] == other["seed"])


def read(file: Path) -> list[Trial]:
    """Return the trials that a record holds."""
    return list(json.loads(file.read_text(encoding="utf-8"))["trials"]) if file.exists() else []


def describe(trials: Sequence[Trial]) -> dict[str, Any]:
    """Return the record of these trials, methods and seeds in order, with what they were measured on."""
    order = list(METHODS)
    lines = sorted(trials, key=lambda trial: (order.index(trial["method"]), trial["seed"]))
    return {"machine": machine.facts(), "subset_seed": SUBSET_SEED, "trials": lines}


def write(file: Path, trials: Sequence[Trial]) -> dict[str, Any]:
    """Write the record of these trials, a line each; return it."""
    record = describe(trials)
    rows = ",\n".join("  " + json.dumps(line) for line in record["trials"])
    head = json.dumps(record | {"trials": []}, indent=1).removesuffix("[]\n}")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"{head}[\n{rows}\n ]\n}}\n", encoding="utf-8")
    return record


def section(record: dict[str, Any] | None) -> str:
    """Return the README's section."""
    return to_markdown(tables(record)) if record and record["trials"] else "Nothing is measured yet."


def tables(record: dict[str, Any]) -> list[Table]:
    """Return the table of methods, a row each: mean ± sd over the seeds, the worst seed, time and memory."""
    header = ("method", "library", "accuracy", "worst", "NMI", "ARI", "epochs", "seeds", "processor time", "peak")
    trials = record["trials"]
    sizes = " and ".join(f"{n:,}" for n in sorted({trial["n"] for trial in trials}))
    notes = [f"{name}: {method.settings}." for name, method in METHODS.items() if method.settings]
    words = (
        f"{sizes} MNIST training images, a stratified subset (seed {record['subset_seed']}), all of them clustered, "
        f"k = {K}; mean ± sd over the seeds. Each trial is a process of its own; its time, the median seed's, is what "
        "it used of the processor, imports and compilation included. ClustPy's methods have its defaults, epochs of "
        f"pretraining and clustering as in the table. {' '.join(notes)} Measured on {machine.words(record['machine'])}"
    )
    rows = [_row(name, method, [one for one in trials if one["method"] == name]) for name, method in METHODS.items()]
    return [Table("Deep clustering, ours and ClustPy's", words, header, rows)]


def _row(name: str, method: Method, trials: Sequence[Trial]) -> tuple[str, ...]:
    if not trials:
        return (name, method.library, "no finished run", *[NONE] * 7)
    accuracies = [trial["accuracy"] for trial in trials]
    return (
        name,
        method.library,
        spread(accuracies),
        f"{min(accuracies):.4f}",
        *(spread([trial[score] for trial in trials]) for score in SCORES[1:]),
        " + ".join(map(str, trials[0]["epochs"])) or NONE,
        ", ".join(str(trial["seed"]) for trial in trials),
        time_words(median(trial["processor_seconds"] for trial in trials)),
        f"{max(trial['peak_mib'] for trial in trials):,} MiB",
    )
