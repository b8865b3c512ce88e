"""The five indices: what each is, what it favours, and what it recommends."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.counting.rules import best, first_within_error, last_within_error


@dataclass(frozen=True)
class Index:
    """One index: the table's column that is drawn, the one of its error if it has one, and how it chooses."""

    title: str
    column: str
    error: str
    rule: str
    weakness: str
    choose: Callable[[pd.DataFrame], int | None]


def _of(table: pd.DataFrame, column: str) -> tuple[list[int], list[np.ndarray]]:
    """The numbers of clusters that have this index, with its values and errors."""
    known = table[table[column].notna()]
    error = f"{column}_error"
    return known["k"].tolist(), [known[name].to_numpy(float) for name in (column, error) if name in known]


def _elbow(table: pd.DataFrame) -> int | None:
    ks, (values,) = _of(table, "below_chord")
    return best(ks, values) if values.any() else None


def _silhouette(table: pd.DataFrame) -> int | None:
    return best(*_plain(table, "silhouette"))


def _bic(table: pd.DataFrame) -> int | None:
    ks, values = _plain(table, "bic")
    return best(ks, -values)


def _plain(table: pd.DataFrame, column: str) -> tuple[list[int], np.ndarray]:
    ks, (values,) = _of(table, column)
    return ks, values


def _gap(table: pd.DataFrame) -> int | None:
    ks, (values, errors) = _of(table, "gap")
    return first_within_error(ks, values, errors)


def _stability(table: pd.DataFrame) -> int | None:
    ks, (values, errors) = _of(table, "stability")
    return last_within_error(ks, values, errors)


INDICES: Mapping[str, Index] = {
    "elbow": Index(
        "Inertia", "inertia", "", "the elbow: where k-means' inertia lies farthest below the chord of its curve",
        "It always falls, and where it bends depends on the range of k.", _elbow,
    ),
    "silhouette": Index(
        "Silhouette", "silhouette", "", "the highest: how much nearer images are to their own cluster than to the next",
        "It favours few, round, well separated clusters.", _silhouette,
    ),
    "bic": Index(
        "BIC", "bic", "", "the lowest: the likelihood of a Gaussian mixture less a fine for its size",
        "It splits clusters that are no Gaussians; in many dimensions its fine favours few.", _bic,
    ),
    "gap": Index(
        "Gap statistic", "gap", "gap_error", "the first that is within one error of the next, against uniform data",
        "In many dimensions anything is denser than uniform data, so it may never stop.", _gap,
    ),
    "stability": Index(
        "Stability", "stability", "stability_error",
        "the largest within one error of the highest: mean ARI of k-means on resampled images",
        "A few large clusters may come again each time though they hold several.", _stability,
    ),
}  # fmt: skip
"""Every index by its name in metrics. A new one is a function from the table to a k, a column of it, and a row here."""


def picks(table: pd.DataFrame) -> dict[str, int | None]:
    """Return what each index recommends for the table of values by k; None where it recommends nothing."""
    return {name: index.choose(table) for name, index in INDICES.items()}
