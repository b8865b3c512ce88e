"""Table of the baselines, and sentences on whether the autoencoder and the manifold clearly improved on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from pipeline.pages.formats import format_number
from pipeline.stages.report.context import ReportContext

TITLES = {"pixels": "pixels", "pca": "PCA of the pixels", "latents": "latents", "manifold": "latents + {method}"}
PHRASES = {"pixels": "on the pixels", "pca": "on PCA", "latents": "on the latents", "manifold": "with the manifold"}
UNTRAINED = ("pixels", "pca")
Row = Mapping[str, Any]


def baseline_rows(run: ReportContext) -> list[dict[str, Any]]:
    """Return the rows of the table with their titles; a score that was not measured is None."""
    empty = dict.fromkeys(("accuracy", "accuracy_sd", "purity", "nmi"))
    return [
        empty | row | {"title": TITLES[row["space"]].format(method=run.features.method)} for row in run.scores.baselines
    ]


def describe_baselines(rows: Sequence[Row], encoder: str) -> list[str]:
    """Return one paragraph per comparison of two spaces; none if there are no rows.

    `encoder` is what made the latents, such as "autoencoder"; empty if they are the pixels or principal components.
    """
    if not rows:
        return []
    comparisons = _comparisons(rows, encoder)
    if not comparisons:
        return [
            "Without labels, these baselines cannot show which space is best. A high agreement means that a space "
            "gives nearly the same clusters as this run, so the steps after it changed little."
        ]
    paragraphs = [_describe_comparison(*comparison) for comparison in comparisons]
    if encoder and {"pixels", "manifold"} <= {row["space"] for row in rows}:
        paragraphs.append(f"To see what the manifold achieves without an {encoder}, run with model=pixels.")
    return paragraphs


def list_unhelpful_steps(rows: Sequence[Row], encoder: str) -> list[str]:
    """Return a sentence for each step that did not clearly improve the accuracy; none without labels."""
    return [
        _describe_comparison(step, row, reference)
        for step, row, reference in _comparisons(rows, encoder)
        if row["accuracy"] - reference["accuracy"] <= chance_margin(row, reference)
    ]


def chance_margin(first: Row, second: Row) -> float:
    """Return two standard errors of the difference between two mean accuracies.

    The variance is the sum of the binomial variance over the n images and the variance between the repeats.
    """
    images = sum(row["accuracy"] * (1 - row["accuracy"]) / max(row["n"], 1) for row in (first, second))
    repeats = sum(row.get("accuracy_sd", 0.0) ** 2 / max(row.get("repeats", 1), 1) for row in (first, second))
    return 2 * float(np.sqrt(images + repeats))


def _comparisons(rows: Sequence[Row], encoder: str) -> list[tuple[str, Row, Row]]:
    """Return each step with the row of its space and the row to compare it with; empty without accuracies."""
    scored = {row["space"]: row for row in rows if "accuracy" in row}
    untrained = [scored[name] for name in UNTRAINED if name in scored]
    comparisons = []
    if "latents" in scored and untrained and encoder:
        best = max(untrained, key=lambda row: float(row["accuracy"]))
        comparisons.append((f"The {encoder}, without a manifold,", scored["latents"], best))
    if "latents" in scored and "manifold" in scored:
        comparisons.append(("The manifold", scored["manifold"], scored["latents"]))
    return comparisons


def _describe_comparison(step: str, row: Row, reference: Row) -> str:
    """Return whether a step improved or lowered the accuracy by more than chance may, with both numbers."""
    gain, margin = row["accuracy"] - reference["accuracy"], chance_margin(row, reference)
    numbers = (
        f"{format_number(row['accuracy'])} {PHRASES[row['space']]}, "
        f"{format_number(reference['accuracy'])} {PHRASES[reference['space']]}"
    )
    numbers += " (the better of the two untrained spaces)" if reference["space"] in UNTRAINED else ""
    if gain > margin:
        return f"{step} improved the accuracy: {numbers}."
    if gain < -margin:
        return f"{step} lowered the accuracy: {numbers}."
    return (
        f"{step} made no clear difference to the accuracy: {numbers}. On {row['n']:,} images, a difference below "
        f"{margin:.3f} may be due to chance."
    )
