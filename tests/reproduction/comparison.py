"""Each published set-up beside what this project's runs of it measured."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.reproduction.published import PUBLISHED, Figure, Published
from tests.reproduction.stored_runs import StoredRun, StoredRuns
from tests.tables import MISSING, Table, format_duration, format_signed, format_spread, format_value

TRAINED = ("reconstruction/val_loss",)
SCORED = ("train/purity_score",)
OWN_SEED = 42
"""The seed of the published experiments' configurations."""


def compare_with_published(published: Published, runs: StoredRuns) -> dict[str, Any]:
    """Return one set-up as plain values: its figures, published and ours by seed, and the measurements of one run.

    `ours` is the run of seed 42 if it exists, else of the lowest seed, and empty where no run has finished. The
    figures come from all runs, those that were only trained (`stage=train`) included.
    """
    overrides = [f"experiment={published.experiment}"]
    trained, scored = runs.find(overrides, TRAINED), runs.find(overrides, SCORED)
    return {
        "experiment": published.experiment,
        "published_parameters": published.parameters,
        "figures": [_figure(figure, trained) for figure in published.figures],
        "ours": _measure(scored.get(OWN_SEED, next(iter(scored.values())))) if scored else {},
    }


def _figure(figure: Figure, trained: dict[int, StoredRun]) -> dict[str, Any]:
    values = {
        str(seed): round(run.training_facts["history"][figure.epoch - 1][figure.measure], 6)
        for seed, run in trained.items()
    }
    return {"measure": figure.measure, "epoch": figure.epoch, "published": figure.value, "values": values}


def _measure(run: StoredRun) -> dict[str, Any]:
    purities = {part: run.metrics.get(f"{part}/purity_score") for part in ("train", "test")}
    return {
        "seed": run.seed,
        "data": run.run.data.params["data.name"],
        "parameters": sum(int(layer["parameters"]) for layer in run.training_facts["summary"]),
        "k": int(run.metrics["k"]),
        "n": int(run.metrics["data/fitted_images"]),
        **{f"purity_{part}": None if value is None else round(value, 4) for part, value in purities.items()},
        "seconds_train": round(run.seconds["train"], 1),
        "seconds": round(sum(run.seconds.values()), 1),
    }


def comparison_tables(rows: list[dict[str, Any]]) -> list[Table]:
    """Return the table of the set-ups with their last figure, and the table of every published figure."""
    header = (
        "experiment", "figure", "published", "ours", "difference", "parameters", "purity train", "purity test",
        "k", "n", "seed", "training", "all stages",
    )  # fmt: skip
    figure_header = ("experiment", "figure", "epoch", "published", "ours", "difference", "mean ± sd over seeds")
    notes = {published.experiment: published.note for published in PUBLISHED if published.note}
    caption = " ".join(
        f"`{row['experiment']}`: {notes[row['experiment']]}" for row in rows if row["experiment"] in notes
    )
    return [
        Table("Published set-ups", caption, header, [_summary(row) for row in rows]),
        Table("Every published figure", "", figure_header, [cells for row in rows for cells in _figure_rows(row)]),
    ]


def _summary(row: dict[str, Any]) -> tuple[str, ...]:
    figure, ours = row["figures"][-1], row["ours"]
    title = f"{_title(figure)}, epoch {figure['epoch']}"
    if not ours:
        return (row["experiment"], title, format_value(figure["published"]), "no finished run", *[MISSING] * 9)
    published = row["published_parameters"]
    parameters = f"{ours['parameters']:,}" + ("" if ours["parameters"] == published else f" (published {published:,})")
    return (
        row["experiment"],
        title,
        *_compare(figure, ours["seed"]),
        parameters,
        format_value(ours["purity_train"]),
        format_value(ours["purity_test"]),
        f"{ours['k']:,}",
        f"{ours['n']:,}",
        str(ours["seed"]),
        format_duration(ours["seconds_train"]),
        format_duration(ours["seconds"]),
    )


def _figure_rows(row: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    for figure in row["figures"]:
        values = list(figure["values"].values())
        spread = f"{format_spread(values)} ({len(values)})" if len(values) > 1 else MISSING
        compared = _compare(figure, row["ours"].get("seed"))
        yield row["experiment"], _title(figure), str(figure["epoch"]), *compared, spread


def _title(figure: dict[str, Any]) -> str:
    return str(figure["measure"]).replace("_", " ")


def _compare(figure: dict[str, Any], seed: int | None) -> tuple[str, str, str]:
    """Return published, ours, and ours less published, absolute and in per cent."""
    published, ours = figure["published"], figure["values"].get(str(seed))
    if published is None or ours is None:
        return format_value(published), format_value(ours), MISSING
    difference = ours - published
    percent = format_signed(100 * difference / published, 1)
    return format_value(published), format_value(ours), f"{format_signed(difference)} ({percent} %)"
