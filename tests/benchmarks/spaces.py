"""Is the space that is chosen without labels the right one? `python -m tests.benchmarks.spaces [DATA …] [--folder F]`.

Each trial runs the default recipe on a data set, then `stage=spaces`. With a folder, a trial that was interrupted
continues where it stopped.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from pipeline.pages.figures.style import (
    INK,
    MARKERS,
    WIDTH,
    add_heading,
    figure_style,
    group_colour,
    new_figure,
)
from tests.benchmarks.command import run_python
from tests.benchmarks.machine import describe_machine, machine_sentence
from tests.benchmarks.records import NOT_MEASURED, README, Record, Section, replace_trials, write_record
from tests.benchmarks.trials import measure_named
from tests.markdown_sections import RECORDS, ROOT
from tests.tables import Table, to_markdown

FILE, PICTURE = RECORDS / "spaces.json", "spaces.png"
SEED = 0
DATA = {
    "mnist": ("MNIST, a stratified 10,000", ("data=mnist", "data.train_size=10000", "data.test_size=1000")),
    "digits": ("scikit-learn's digits", ("data=digits",)),
    "glyphs": ("letters A to J", ("data=glyphs",)),
    "coloured_glyphs": ("letters in colour", ("data=coloured_glyphs",)),
}
"""The title of each data set, and the overrides that choose it."""


def measure(name: str, folder: Path) -> Record:
    """Return the spaces of a data set, ranked without labels, with their silhouettes and scores."""
    words, store = (*DATA[name][1], f"seed={SEED}", "tracking.models=false"), folder / name
    store.mkdir(exist_ok=True)
    run_python("-m", "pipeline", "stage=[cluster,project]", *words, outputs=store)
    run_python("-m", "pipeline", "stage=spaces", "tracking.models=false", outputs=store)
    table = pd.read_csv(max(store.rglob("spaces.csv"), key=lambda path: path.stat().st_mtime))
    columns = ["space", "silhouette", "accuracy", "nmi"]
    return {"data": name, "spaces": table[columns].round(4).to_dict("records")}


def accuracy_rank(trial: Record) -> int:
    """Return the rank by accuracy of the space that is first by silhouette: 1 is the most accurate."""
    accuracies = [row["accuracy"] for row in trial["spaces"]]
    return 1 + sum(accuracy > accuracies[0] for accuracy in accuracies)


def spaces_table(record: Record) -> Table:
    """Return the table: a row per data set and space, in the order of the ranking without labels."""
    caption = (
        f"The default recipe (seed {record['seed']}) and `stage=spaces`. The spaces are in the order in which they are "
        "ranked without labels; the first one is the choice, with its rank by accuracy. `pretrained_grey` is compared "
        "on images in colour alone. "
        f"Measured on {machine_sentence(record['machine'])}"
    )
    rows = [
        (
            DATA[trial["data"]][0] if not index else "", row["space"], f"{row['silhouette']:.3f}",
            f"{row['accuracy']:.4f}", f"{row['nmi']:.4f}",
            f"{accuracy_rank(trial)} of {len(trial['spaces'])}" if not index else "",
        )
        for trial in record["trials"]
        for index, row in enumerate(trial["spaces"])
    ]  # fmt: skip
    header = ("data", "space", "silhouette", "accuracy", "NMI", "the choice's rank by accuracy")
    return Table("Spaces, ranked without labels", caption, header, rows)


def spaces_figure(record: Record) -> Figure:
    """Plot accuracy against silhouette, a point for each data set and space."""
    with figure_style():
        figure = new_figure(WIDTH, 3.8)
        axes = figure.subplots()
        for group, trial in enumerate(record["trials"]):
            points = [(row["silhouette"], row["accuracy"]) for row in trial["spaces"]]
            axes.scatter(*zip(*points, strict=True), s=46, color=group_colour(group), marker=MARKERS[group],
                         label=DATA[trial["data"]][0])  # fmt: skip
        axes.set(xlim=(0.25, 0.85), ylim=(-0.03, 1.03), xlabel="silhouette, measured without labels", ylabel="accuracy")
        axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        axes.grid()
        axes.legend(loc="lower right", labelcolor=INK)
        add_heading(axes, "Silhouette and accuracy\na point is a data set in one of its spaces, k = 10")
    return figure


def render_spaces(record: Record | None) -> str:
    """Return the section."""
    picture = f"![Silhouette and accuracy of each space]({PICTURE})"
    return NOT_MEASURED if record is None else f"{picture}\n\n{to_markdown([spaces_table(record)])}"


SECTION = Section("spaces", render_spaces)


def measure_all(names: set[str], folder: Path) -> None:
    """Measure data sets and write the record and its section after each; those of the record stay."""
    for name in filter(names.__contains__, DATA):
        trial = measure(name, folder)
        trials = replace_trials(ROOT / FILE, [trial], list(DATA))
        record = {"machine": describe_machine(), "seed": SEED, "trials": trials}
        write_record(ROOT, FILE, record, PICTURE, spaces_figure(record), SECTION)
        print(f"{name}: {trial['spaces'][0]['space']}, number {accuracy_rank(trial)} by accuracy; see {README}")


def main() -> None:
    """Measure the data sets that are named, or all."""
    measure_named("spaces", __doc__, "data", list(DATA), measure_all)


if __name__ == "__main__":
    main()
