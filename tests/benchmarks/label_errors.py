"""Do possible label errors contain labels that were flipped at random? `python -m tests.benchmarks.label_errors [N]`.

The neighbour graphs are computed without labels, so one graph serves all flips.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.artifacts.latents import Graph
from tests.benchmarks.machine import describe_machine, machine_sentence
from tests.benchmarks.records import NOT_MEASURED, Record, Section
from tests.markdown_sections import RECORDS, ROOT, write_section
from tests.tables import Table, format_spread, to_markdown

FILE = RECORDS / "label_errors.json"
README = Path("pipeline") / "stages" / "quality" / "README.md"
COUNT, SHARE, SEEDS = 10_000, 0.02, (0, 1, 2)
"""Number of images, share of flipped labels, and seeds of the flips."""
SPACES = {
    "autoencoder": ("train.epochs=2", "data.test_size=100"),
    "pixels": ("model=pixels", "data.test_size=100"),
}
"""Overrides of the runs whose graphs are compared."""


def flip_labels(labels: NDArray[np.int32], share: float, seed: int) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Return labels (n,) of which a random share has another random class, and the rows of these."""
    rng = np.random.default_rng(seed)
    rows = np.sort(rng.choice(len(labels), round(share * len(labels)), replace=False))
    flipped, classes = labels.copy(), int(labels.max()) + 1
    flipped[rows] = (labels[rows] + rng.integers(1, classes, len(rows))) % classes
    return flipped, rows


def score_flips(labels: NDArray[np.int32], graph: Graph, share: float, seed: int) -> dict[str, float]:
    """Return how many of the images that are ranked first, and of those with a score above 0.5, have a flipped label.

    `precision` is that at the number of flips. `listed` counts the scores above 0.5; `recall` is the share of the flips
    among them.
    """
    from pipeline.stages.quality.label_errors import rank_label_errors

    flipped, rows = flip_labels(labels, share, seed)
    errors = rank_label_errors(flipped, graph)
    first, listed = errors.order[: len(rows)], errors.order[: errors.count]
    return {
        "precision": float(np.isin(first, rows).mean()),
        "listed": float(len(listed)),
        "recall": float(np.isin(rows, listed).mean()),
    }


def measure(count: int) -> Record:
    """Return the scores for each space and seed, on `count` images of MNIST."""
    return {
        "machine": describe_machine(),
        "n": count,
        "share": SHARE,
        "spaces": {name: _measure_space(count, overrides) for name, overrides in SPACES.items()},
    }


def _measure_space(count: int, overrides: tuple[str, ...]) -> dict[str, Any]:
    from pipeline.config.compose import compose_config
    from pipeline.workflow.executor import Executor

    executor = Executor(compose_config(f"data.train_size={count}", *overrides))
    graph, labels = executor.load("graph"), np.asarray(executor.load("labels").fitted)
    return {"overrides": list(overrides), "flips": [score_flips(labels, graph, SHARE, seed) for seed in SEEDS]}


def label_errors_table(record: Record) -> Table:
    """Return the table: a row per space."""
    flips = round(record["share"] * record["n"])
    caption = (
        f"{record['n']:,} images of MNIST, {flips:,} labels ({100 * record['share']:g} %) flipped to another random "
        f"class, mean ± sd over {len(SEEDS)} seeds of the flips, one graph for each space (seed 42). Precision is the "
        f"share of flipped labels among the {flips:,} images that are ranked first; recall is the share of the flips "
        f"among those with a score above 0.5. Measured on {machine_sentence(record['machine'])}"
    )
    rows = []
    for name, space in record["spaces"].items():
        values = {key: [flip[key] for flip in space["flips"]] for key in space["flips"][0]}
        listed = f"{mean(values['listed']):,.0f}"
        cells = (format_spread(values["precision"]), listed, format_spread(values["recall"]))
        rows.append((f"{name} `{' '.join(space['overrides'])}`", *cells))
    header = ("space of the neighbours", f"precision at {flips:,}", "images with a score above 0.5", "recall")
    return Table("Flipped labels", caption, header, rows)


def render_label_errors(record: Record | None) -> str:
    """Return the section."""
    return NOT_MEASURED if record is None else to_markdown([label_errors_table(record)])


SECTION = Section("label-errors", render_label_errors)


def main() -> None:
    """Measure, write the record and its section, and print the result."""
    parser = argparse.ArgumentParser("python -m tests.benchmarks.label_errors", description=__doc__)
    parser.add_argument("count", nargs="?", type=int, default=COUNT, metavar="N", help=f"images (default {COUNT:,})")
    record = measure(parser.parse_args().count)
    (ROOT / FILE).write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    write_section(ROOT / README, SECTION.name, SECTION.render(record))
    for row in label_errors_table(record).rows:
        print(*row, sep="  ")


if __name__ == "__main__":
    main()
