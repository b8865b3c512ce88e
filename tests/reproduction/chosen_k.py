"""How far the number of clusters that `cluster.k=auto` chooses is from the number of classes."""

from __future__ import annotations

from typing import Any

from tests.reproduction.stored_runs import StoredRuns
from tests.tables import MISSING, Table, format_spread

AUTO = "cluster.k=auto"
SCORES = {"purity": "purity_score", "ARI": "ari_score", "homogeneity": "homogeneity_score"}
"""Scores of the fitted images that stand beside a number of clusters."""

DATA = {
    "": ("MNIST", 10),
    "data=digits": ("scikit-learn's digits", 10),
    "data=glyphs": ("letters A to J", 10),
    "data=glyphs data.letters=ABCDEFGHIJKLMNOPQRSTUVWXYZ": ("letters A to Z", 26),
}
"""The title and the number of classes of each data set, by its overrides."""

CAPTION = (
    f"The default recipe with `{AUTO}`: the number from 2 to 30 with the highest silhouette of k-means on UMAP's "
    "manifold. No label is used. “Right” counts the seeds whose number is that of the classes, “within 1” those that "
    "differ by at most one. Scores are the mean ± sd over the seeds, of the fitted images."
)


def collect_chosen_k(runs: StoredRuns) -> list[dict[str, Any]]:
    """Return a row per data set: its overrides, and seeds, chosen numbers and scores in the seeds' order."""
    rows = []
    for overrides in DATA:
        metrics = [f"train/{name}" for name in SCORES.values()]
        by_seed = runs.find([*overrides.split(), AUTO], metrics)
        scores = {
            title: [round(run.metrics[f"train/{name}"], 4) for run in by_seed.values()]
            for title, name in SCORES.items()
        }
        numbers = [int(run.metrics["k"]) for run in by_seed.values()]
        rows.append({"overrides": overrides, "seeds": list(by_seed), "k": numbers, "scores": scores})
    return rows


def chosen_k_tables(rows: list[dict[str, Any]]) -> list[Table]:
    """Return one table with a line per data set."""
    header = ("data", "classes", "chosen k, by seed", "right", "within 1", *SCORES)
    return [Table("The number of clusters", CAPTION, header, [_line(row) for row in rows])]


def _line(row: dict[str, Any]) -> tuple[str, ...]:
    title, classes = DATA[row["overrides"]]
    name = f"{title} `{row['overrides']}`" if row["overrides"] else title
    numbers = row["k"]
    if not numbers:
        return (name, str(classes), *(MISSING,) * (3 + len(SCORES)))
    shares = [f"{sum(abs(k - classes) <= most for k in numbers)} of {len(numbers)}" for most in (0, 1)]
    return (name, str(classes), ", ".join(map(str, numbers)), *shares, *map(format_spread, row["scores"].values()))
