"""Does `experiment=auto` keep the right settings? `python -m tests.benchmarks.auto [DATA …]`.

Each trial runs `experiment=auto` on a data set, with its settings and with others that might be among them.
"""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from statistics import mean

from pipeline.config import Config
from pipeline.config.compose import compose_config
from pipeline.runtime.observer import Observer
from pipeline.workflow.choose_settings import OWN_SETTINGS, Trial, choose_settings, is_better
from pipeline.workflow.executor import Executor
from tests.benchmarks.expected_accuracy import DATA as CHARACTERS
from tests.benchmarks.expected_accuracy import FEW
from tests.benchmarks.machine import describe_machine, machine_sentence
from tests.benchmarks.records import NOT_MEASURED, README, Record, Section, replace_trials, save_record
from tests.benchmarks.trials import measure_named
from tests.markdown_sections import RECORDS, ROOT
from tests.tables import Table, to_markdown

FILE = RECORDS / "auto.json"
SEED = 0
DATA = CHARACTERS | {
    "coloured": ("letters in colour, 32×32", ("data=coloured_glyphs", "data.image_size=32", *FEW)),
}
"""The title of each data set, and the overrides that choose it and the number of its classes."""
DISTORTIONS = (
    "train.corruption.rotate=15 train.corruption.shift=0.1 train.corruption.scale=0.15 train.corruption.shear=0.2"
)
REJECTED = {DISTORTIONS: "distortions as in self-training", "refine=self_training": "self-training"}
"""Settings that `experiment=auto` does not try, with a name."""


class Printer(Observer):
    """Prints what happens."""

    def message(self, text: str) -> None:
        """Print a line."""
        print(text, file=sys.stderr, flush=True)


def measure(name: str) -> Record:
    """Return the settings of a data set in the order of their expected accuracy."""
    words = ["experiment=auto", "auto.minutes=60", *DATA[name][1], "project=pca", f"seed={SEED}"]
    own = compose_config(*words)
    tried = own.model_copy(update={"auto": own.auto.model_copy(update={"settings": [*own.auto.settings, *REJECTED]})})
    data = Executor(own)
    given = {artifact: data.load(artifact) for artifact in ("images", "labels")}

    def make_executor(config: Config) -> Executor:
        return Executor(config, precomputed=given)

    _, trials = choose_settings(tried, words, make_executor, Printer())
    known = [asdict(trial) for trial in trials if trial.expected_accuracy is not None]
    return {"data": name, "settings": sorted(known, key=lambda row: -row["expected_accuracy"])}


def keep(trial: Record) -> Record:
    """Return the settings that `experiment=auto` keeps."""
    tried = [row for row in trial["settings"] if row["settings"] not in REJECTED]
    own = next(row for row in tried if row["settings"] == OWN_SETTINGS)
    return tried[0] if is_better(tried[0]["expected_accuracy"], Trial(**own)) else own


def accuracy_rank(trial: Record) -> int:
    """Return the rank by accuracy of the kept settings among those that `experiment=auto` tries: 1 is the best."""
    accuracies = [row["accuracy"] for row in trial["settings"] if row["settings"] not in REJECTED]
    return 1 + sum(accuracy > keep(trial)["accuracy"] for accuracy in accuracies)


def auto_table(record: Record) -> Table:
    """Return the table: a row per data set and settings, in the order of the expected accuracy."""
    trials = record["trials"]
    own = mean(row["accuracy"] for trial in trials for row in trial["settings"] if row["settings"] == OWN_SETTINGS)
    caption = (
        f"Settings in the order of their expected accuracy, seed {SEED}, k = the number of classes. `experiment=auto` "
        f"keeps the most accurate of those that it tries on {sum(accuracy_rank(trial) == 1 for trial in trials)} of "
        f"{len(trials)} data sets; the mean accuracy is {mean(keep(trial)['accuracy'] for trial in trials):.3f}, and "
        f"{own:.3f} with the run's own settings. Measured on {machine_sentence(record['machine'])}"
    )
    rows = [
        (
            DATA[trial["data"]][0] if not index else "", _describe(row["settings"]), f"{row['expected_accuracy']:.3f}",
            f"{row['accuracy']:.4f}", f"{row['seconds']:.0f} s", _verdict(trial, row),
        )
        for trial in trials
        for index, row in enumerate(trial["settings"])
    ]  # fmt: skip
    return Table("Settings", caption, ("data", "settings", "expected accuracy", "accuracy", "time", "auto"), rows)


def _describe(settings: str) -> str:
    return REJECTED.get(settings) or (f"`{settings}`" if "=" in settings else settings)


def _verdict(trial: Record, row: Record) -> str:
    """What `experiment=auto` does with settings."""
    if row["settings"] in REJECTED:
        return "not tried"
    return f"kept, number {accuracy_rank(trial)} by accuracy" if row is keep(trial) else ""


def render_auto(record: Record | None) -> str:
    """Return the section."""
    return NOT_MEASURED if record is None else to_markdown([auto_table(record)])


SECTION = Section("auto", render_auto)


def measure_all(names: set[str], folder: Path) -> None:
    """Measure data sets and write the record and its section after each; those of the record stay."""
    for name in filter(names.__contains__, DATA):
        trial = measure(name)
        trials = replace_trials(ROOT / FILE, [trial], list(DATA))
        save_record(ROOT, FILE, {"machine": describe_machine(), "trials": trials}, SECTION)
        print(f"{name}: {keep(trial)['settings']}, number {accuracy_rank(trial)} by accuracy; see {README}")


def main() -> None:
    """Measure the data sets that are named, or all."""
    measure_named("auto", __doc__, "data", list(DATA), measure_all)


if __name__ == "__main__":
    main()
