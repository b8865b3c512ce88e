"""The rows of the reproduction table: each published set-up beside what our runs of it measured."""

from __future__ import annotations

from typing import Any

from pipeline.reproduction.published import Figure, Published
from pipeline.reproduction.records import Record, Records

TRAINED = ("reconstruction/val_loss",)
SCORED = ("train/purity_score",)


def row(published: Published, records: Records) -> dict[str, Any]:
    """Return one set-up as plain values: published and ours by seed; `ours` is empty where no run is finished.

    Everything but the figures is of the first seed found, the experiment's own (42) if it is there. Runs that were
    only trained (`stage=train`) count for the figures.
    """
    words = [f"experiment={published.experiment}"]
    trained, scored = records.of(words, TRAINED), records.of(words, SCORED)
    facts: dict[str, Any] = {
        "experiment": published.experiment,
        "published_parameters": published.parameters,
        "note": published.note,
        "figures": [_figure(figure, trained) for figure in published.figures],
        "ours": {},
    }
    if scored:
        facts["ours"] = _measured(scored[42] if 42 in scored else next(iter(scored.values())))
    return facts


def _figure(figure: Figure, found: dict[int, Record]) -> dict[str, Any]:
    values = {
        str(seed): round(record.autoencoder["history"][figure.epoch - 1][figure.measure], 6)
        for seed, record in found.items()
    }
    return {"measure": figure.measure, "epoch": figure.epoch, "published": figure.value, "values": values}


def _measured(record: Record) -> dict[str, Any]:
    purities = {part: record.metrics.get(f"{part}/purity_score") for part in ("train", "test")}
    return {
        "seed": record.seed,
        "data": record.run.data.params["data.name"],
        "parameters": sum(int(layer["parameters"]) for layer in record.autoencoder["summary"]),
        "k": int(record.metrics["k"]),
        "n": int(record.metrics["data/fitted_images"]),
        "purity_train": _rounded(purities["train"], 4),
        "purity_test": _rounded(purities["test"], 4),
        "seconds_train": _rounded(record.seconds["train"], 1),
        "seconds": _rounded(sum(record.seconds.values()), 1),
    }


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)
