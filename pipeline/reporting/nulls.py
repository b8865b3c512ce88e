"""What the null models say of the autoencoder and the manifold, in words and as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from pipeline.reporting.run import Run
from pipeline.reporting.words import number

TITLES = {"pixels": "pixels", "pca": "PCA of the pixels", "latents": "latents", "manifold": "latents + {method}"}
UNTRAINED = ("pixels", "pca")
ALONE = "On its own, without a manifold, the autoencoder"
Row = Mapping[str, Any]


def null_rows(run: Run) -> list[dict[str, Any]]:
    """Return the table's rows with their titles; a score that was not measured is None."""
    empty = dict.fromkeys(("accuracy", "accuracy_sd", "purity", "nmi"))
    return [
        empty | row | {"title": TITLES[row["space"]].format(method=run.features.method)} for row in run.scores.nulls
    ]


def null_words(rows: Sequence[Row]) -> list[str]:
    """Return what the table means, a paragraph a comparison; nothing where there is no table."""
    if not rows:
        return []
    compared = _compared(rows)
    if not compared:
        return [
            "Would the same clusters come out of the pixels? Without labels nobody can say which space is the better "
            "one; where a space agrees with this run, the steps behind it changed little."
        ]
    words = [_verdict(*pair) for pair in compared]
    if any(row["space"] == "manifold" for row in rows):
        words.append(
            "What a manifold makes of the pixels themselves is not in this table: that is the run with model=pixels."
        )
    return words


def without_use(rows: Sequence[Row]) -> list[str]:
    """Return a sentence for each step that did not help, as far as labels tell."""
    return [_verdict(*pair) for pair in _compared(rows) if not _helped(*pair[1:])]


def _compared(rows: Sequence[Row]) -> list[tuple[str, Row, Row]]:
    """Each step with the space that it gives and the best one that does without; empty where nothing is scored."""
    scored = {row["space"]: row for row in rows if "accuracy" in row}
    untrained = [scored[name] for name in UNTRAINED if name in scored]
    pairs = []
    if "latents" in scored and untrained:
        best = max(untrained, key=lambda row: float(row["accuracy"]))
        pairs.append((ALONE, scored["latents"], best))
    if "latents" in scored and "manifold" in scored:
        pairs.append(("The manifold", scored["manifold"], scored["latents"]))
    return pairs


def margin(one: Row, other: Row) -> float:
    """Return two standard errors of the difference of two mean accuracies: of n images and of r repeats' luck."""
    images = sum(row["accuracy"] * (1 - row["accuracy"]) / max(row["n"], 1) for row in (one, other))
    luck = sum(row.get("accuracy_sd", 0.0) ** 2 / max(row.get("repeats", 1), 1) for row in (one, other))
    return 2 * float(np.sqrt(images + luck))


def _helped(own: Row, other: Row) -> bool:
    return bool(own["accuracy"] - other["accuracy"] > margin(own, other))


def _verdict(step: str, own: Row, other: Row) -> str:
    gain, least = own["accuracy"] - other["accuracy"], margin(own, other)
    names = {"pixels": "pixels", "pca": "PCA", "latents": "the latents", "manifold": "the manifold"}
    numbers = f"accuracy is {number(own['accuracy'])} on {names[own['space']]} and {number(other['accuracy'])}"
    numbers += f" on {names[other['space']]}"
    numbers += ", the better of the two untrained" if other["space"] in UNTRAINED else ""
    if gain > least:
        return f"{step} helped: {numbers}."
    if gain < -least:
        return f"{step} did not help but did harm: {numbers}."
    return f"{step} did not help: {numbers}; under {least:.3f} of difference may be chance on {own['n']:,} images."
