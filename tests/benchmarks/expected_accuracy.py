"""Does the expected accuracy predict the accuracy? `python -m tests.benchmarks.expected_accuracy [DATA …]`.

Each trial clusters a data set in the space of a model. The formula in `pipeline.clustering.expected_accuracy` is fitted
to all trials; what is shown for a data set is what the formula fitted to all other data sets expects.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from pipeline.clustering.expected_accuracy import Coefficients, expected_accuracy
from pipeline.pages.figures.style import INK, MARKERS, add_heading, figure_style, group_colour, new_figure
from tests.benchmarks.machine import describe_machine, machine_sentence
from tests.benchmarks.records import NOT_MEASURED, README, Record, Section, replace_trials, write_record
from tests.benchmarks.trials import measure_named
from tests.markdown_sections import RECORDS, ROOT
from tests.tables import Table, to_markdown

FILE, PICTURE = RECORDS / "expected_accuracy.json", "expected_accuracy.png"
FEW = ("data.train_size=6000", "data.test_size=500")
DATA = {
    "mnist": ("MNIST", ("data=mnist", *FEW)),
    "digits": ("scikit-learn's digits", ("data=digits",)),
    "capitals": ("letters A to J", ("data=glyphs", *FEW)),
    "small": ("letters a to j", ("data=glyphs", "data.letters=abcdefghij", *FEW)),
    "numerals": ("printed digits", ("data=glyphs", "data.letters=0123456789", *FEW)),
    "cyrillic": ("Cyrillic letters", ("data=glyphs", 'data.letters="БГДЖЗИЛФЦЩ"', *FEW)),
    "alphabet": ("letters A to Z", ("data=glyphs", "data.letters=ABCDEFGHIJKLMNOPQRSTUVWXYZ", "cluster.k=26")),
}
"""The title of each data set, and the overrides that choose it and the number of its classes."""
MODELS = {
    "patch64": ("train.epochs=7",),
    "patch64, 300 steps": ("train.epochs=1", "train.min_steps=300"),
    "pca": ("model=pca",),
    "pixels": ("model=pixels",),
}
SEEDS = (0,)
BOUND = 0.005
"""Accuracies are fitted between this and 1 less this, because the logit of 1 is infinite."""


def measure(name: str) -> list[Record]:
    """Return a trial for each model and seed: silhouette and agreement, which need no labels, and accuracy."""
    from pipeline.config.compose import compose_config
    from pipeline.workflow.executor import Executor

    trials = []
    for model, words in MODELS.items():
        for seed in SEEDS:
            executor = Executor(compose_config(*DATA[name][1], *words, "project=pca", f"seed={seed}"))
            values = executor.load("scores").values
            trials.append({
                "data": name, "model": model, "seed": seed,
                "silhouette": round(values["train/silhouette_score"], 4),
                "agreement": round(values["baselines/manifold_agreement"], 4),
                "accuracy": round(values["train/accuracy_score"], 4),
            })  # fmt: skip
            print(trials[-1], flush=True)
    return trials


def fit(trials: list[Record]) -> Coefficients:
    """Return the coefficients whose expected accuracies have logits nearest to those of the accuracies."""
    columns = np.array([(1.0, (trial["silhouette"] + trial["agreement"]) / 2) for trial in trials])
    accuracy = np.clip([trial["accuracy"] for trial in trials], BOUND, 1 - BOUND)
    solution, *_ = np.linalg.lstsq(columns, np.log(accuracy / (1 - accuracy)), rcond=None)
    return Coefficients(*(float(value) for value in solution))


def expect(trials: list[Record]) -> list[float]:
    """Return the expected accuracy of each trial by the formula that is fitted to the other data sets."""
    others = {name: fit([trial for trial in trials if trial["data"] != name]) for name in DATA}
    return [expected_accuracy(trial["silhouette"], trial["agreement"], others[trial["data"]]) for trial in trials]


def expected_accuracy_table(record: Record) -> Table:
    """Return the table: a row per data set and model, means over the seeds."""
    trials, expected = record["trials"], expect(record["trials"])
    differences = np.abs(np.subtract(expected, [trial["accuracy"] for trial in trials]))
    caption = (
        f"Seed {', '.join(map(str, SEEDS))}; UMAP, mixture, k = the number of classes. The expected "
        "accuracy is that of the formula fitted to the other data sets. The mean difference over all trials is "
        f"{differences.mean():.3f}, the largest {differences.max():.3f}. "
        f"Measured on {machine_sentence(record['machine'])}"
    )
    rows = []
    for name, (title, _) in DATA.items():
        for number, model in enumerate(MODELS):
            chosen = [i for i, trial in enumerate(trials) if (trial["data"], trial["model"]) == (name, model)]
            if not chosen:
                continue
            means = [np.mean([trials[i][key] for i in chosen]) for key in ("silhouette", "agreement", "accuracy")]
            cells = [f"{value:.3f}" for value in (*means, np.mean([expected[i] for i in chosen]))]
            rows.append((title if not number else "", model, *cells))
    header = ("data", "model", "silhouette", "agreement", "accuracy", "expected accuracy")
    return Table("Expected accuracy", caption, header, rows)


def expected_accuracy_figure(record: Record) -> Figure:
    """Plot the accuracy against the expected accuracy, a point for each trial, and the diagonal."""
    with figure_style():
        figure = new_figure(6.2, 5.6)
        axes = figure.subplots()
        axes.plot((0, 1), (0, 1), color=INK, linewidth=0.8, linestyle=":")
        expected = expect(record["trials"])
        for group, (name, (title, _)) in enumerate(DATA.items()):
            points = [
                (value, trial["accuracy"])
                for value, trial in zip(expected, record["trials"], strict=True)
                if trial["data"] == name
            ]
            if points:
                axes.scatter(*zip(*points, strict=True), s=40, color=group_colour(group),
                             marker=MARKERS[group % len(MARKERS)], label=title)  # fmt: skip
        axes.set(xlim=(0.2, 1.01), ylim=(0.2, 1.01), xlabel="expected accuracy, from silhouette and agreement",
                 ylabel="accuracy")  # fmt: skip
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_formatter(PercentFormatter(1, decimals=0))
        axes.grid()
        axes.legend(loc="lower right", labelcolor=INK)
        add_heading(axes, "Expected and actual accuracy\nthe formula was fitted to the other data sets")
    return figure


def render_expected_accuracy(record: Record | None) -> str:
    """Return the section."""
    picture = f"![Accuracy against expected accuracy]({PICTURE})"
    return NOT_MEASURED if record is None else f"{picture}\n\n{to_markdown([expected_accuracy_table(record)])}"


SECTION = Section("expected_accuracy", render_expected_accuracy)


def measure_all(names: set[str], folder: Path) -> None:
    """Measure data sets and write the record and its section; those of the record stay."""
    measured = [trial for name in filter(names.__contains__, DATA) for trial in measure(name)]
    trials = replace_trials(ROOT / FILE, measured, list(DATA))
    record = {"machine": describe_machine(), "trials": trials}
    write_record(ROOT, FILE, record, PICTURE, expected_accuracy_figure(record), SECTION)
    print(f"{fit(trials)}; see {README}")


def main() -> None:
    """Measure the data sets that are named, or all."""
    measure_named("expected_accuracy", __doc__, "data", list(DATA), measure_all)


if __name__ == "__main__":
    main()
