"""The five indices: what each is, what it favours, and what it recommends."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pandas as pd

from pipeline.counting.rules import best, deepest, first_within_error, last_within_error, lowest


@dataclass(frozen=True)
class Index:
    """One index: the table's column that is drawn, the one of its error if it has one, and how it chooses.

    `choose` takes the numbers of clusters and the values, of the column `by` where that is another one than is drawn,
    and the errors where there are any.
    """

    title: str
    column: str
    error: str
    rule: str
    weakness: str
    choose: Callable[..., int | None]
    by: str = ""

    def pick(self, table: pd.DataFrame) -> int | None:
        """Return the number of clusters that the index recommends for a table of values by k, None for none."""
        column = self.by or self.column
        known = table[table[column].notna()]
        values = [known[name].to_numpy(float) for name in (column, self.error) if name]
        return self.choose(known["k"].tolist(), *values)


INDICES: Mapping[str, Index] = {
    "elbow": Index(
        "Inertia", "inertia", "", "the elbow: where k-means' inertia lies farthest below the chord of its curve",
        "It always falls, and where it bends depends on the range of k.", deepest, by="below_chord",
    ),
    "silhouette": Index(
        "Silhouette", "silhouette", "", "the highest: how much nearer images are to their own cluster than to the next",
        "It favours few, round, well separated clusters.", best,
    ),
    "bic": Index(
        "BIC", "bic", "", "the lowest: the likelihood of a Gaussian mixture less a fine for its size",
        "It splits clusters that are no Gaussians; in many dimensions its fine favours few.", lowest,
    ),
    "gap": Index(
        "Gap statistic", "gap", "gap_error", "the first that is within one error of the next, against uniform data",
        "In many dimensions anything is denser than uniform data, so it may never stop.", first_within_error,
    ),
    "stability": Index(
        "Stability", "stability", "stability_error",
        "the largest within one error of the highest: mean ARI of k-means on resampled images",
        "A few large clusters may come again each time though they hold several.", last_within_error,
    ),
}  # fmt: skip
"""Every index by its name in metrics. A new one is a rule, a column of the table, and a row here."""


def picks(table: pd.DataFrame) -> dict[str, int | None]:
    """Return what each index recommends for the table of values by k; None where it recommends nothing."""
    return {name: index.pick(table) for name, index in INDICES.items()}
