"""The table of validity indices: title, meaning, weakness and rule of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pandas as pd

from pipeline.stages.how_many.recommendation_rules import (
    deepest_point,
    first_within_error,
    highest_value,
    last_within_error,
    lowest_value,
)


@dataclass(frozen=True)
class ValidityIndex:
    """An index of cluster validity and the rule by which it recommends a number of clusters.

    `column` of the table of values is plotted, with `error` as its standard error, empty if there is none. `rule` and
    `weakness` describe the index in words. `choose` maps numbers of clusters, values and, if any, errors to the
    recommended k; its values come from `chosen_by`, or from `column` if that is empty.
    """

    title: str
    column: str
    error: str
    rule: str
    weakness: str
    choose: Callable[..., int | None]
    chosen_by: str = ""

    def recommend(self, table: pd.DataFrame) -> int | None:
        """Return the number of clusters that the index recommends for a table of values by k, None for none."""
        column = self.chosen_by or self.column
        measured = table[table[column].notna()]
        values = [measured[name].to_numpy(float) for name in (column, self.error) if name]
        return self.choose(measured["k"].tolist(), *values)


INDICES: Mapping[str, ValidityIndex] = {
    "elbow": ValidityIndex(
        "Inertia", "inertia", "", "The elbow: where the inertia of k-means lies farthest below the chord of its curve.",
        "Inertia always decreases with k, and the elbow depends on the range of k.",
        deepest_point, chosen_by="below_chord",
    ),
    "silhouette": ValidityIndex(
        "Silhouette", "silhouette", "",
        "The highest value: how much closer images are to their own cluster than to the next one.",
        "The silhouette favours few, round, well-separated clusters.", highest_value,
    ),
    "bic": ValidityIndex(
        "BIC", "bic", "",
        "The lowest value: likelihood of a Gaussian mixture with a penalty for its number of parameters.",
        "BIC splits clusters that are not Gaussian; in many dimensions its penalty favours few clusters.", lowest_value,
    ),
    "gap": ValidityIndex(
        "Gap statistic", "gap", "gap_error",
        "The first value within one error of the next: inertia compared with that of uniform data.",
        "In many dimensions any data are denser than uniform data, so the gap may always increase.", first_within_error,
    ),
    "stability": ValidityIndex(
        "Stability", "stability", "stability_error",
        "The largest k within one error of the highest value: mean ARI of k-means on resampled images.",
        "A few large clusters can be stable although each contains several groups.", last_within_error,
    ),
}  # fmt: skip
"""Every index by its name in the metrics. To add one: a column of the table, a rule, and a row here."""


def recommend_k(table: pd.DataFrame) -> dict[str, int | None]:
    """Return the number of clusters that each index recommends for a table of values by k, None for none."""
    return {name: index.recommend(table) for name, index in INDICES.items()}
