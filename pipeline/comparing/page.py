"""The page that sets two runs side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pipeline.comparing.overlap import Overlap
from pipeline.comparing.sides import Side
from pipeline.figures.pictures import displayable
from pipeline.reporting.html import data_uri, render, thumbnail
from pipeline.reporting.run import cluster_name
from pipeline.reporting.words import meaning
from pipeline.stage_names import ON_DEMAND

FOLDER = Path(__file__).parent
TEMPLATE = "compare.html.j2"
APART = ("output_dir", "input", "run", "runs", "stage", "tracking", *ON_DEMAND, "report", "explorer")
"""Settings that say where and what is shown, not what is computed."""


def page(
    first: Side, second: Side, found: Overlap, moved: pd.DataFrame, matrix: bytes, examples: int, pairs: int
) -> str:
    """Return the comparison as HTML that loads nothing.

    `moved` has a row per image that changed cluster, with its `row` in the first side; of the `pairs` of clusters
    between which most moved, at most `examples` are shown as pictures.
    """
    return render(
        FOLDER,
        TEMPLATE,
        first=first,
        second=second,
        found=found,
        agreement=found.metrics(),
        settings=differing(first.settings, second.settings),
        scores=score_rows(first.scores, second.scores),
        mapping=_mapping(found),
        matrix=data_uri(matrix),
        moved=len(moved),
        groups=_groups(first, moved, examples, pairs),
    )


def differing(one: Mapping[str, Any], two: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Return dotted keys whose values differ between two flat settings, with both; a dash where one has no such key."""
    keys = [key for key in dict.fromkeys([*one, *two]) if key.partition(".")[0] not in APART]
    return [(key, str(one.get(key, "–")), str(two.get(key, "–"))) for key in keys if one.get(key) != two.get(key)]


def score_rows(one: Mapping[str, float], two: Mapping[str, float]) -> list[dict[str, Any]]:
    """Return the scores of either run, with the difference where both have it; those of train and test come first."""
    rows = []
    for name in sorted(dict.fromkeys([*one, *two]), key=lambda name: not name.startswith(("train/", "test/"))):
        values = one.get(name), two.get(name)
        change = None if None in values else values[1] - values[0]  # type: ignore[operator]  # neither is None
        words = meaning(name.replace("train_", "").replace("test_", ""))
        rows.append({"name": name, "first": values[0], "second": values[1], "change": change, "words": words})
    return rows


def _mapping(found: Overlap) -> list[dict[str, Any]]:
    rows = []
    for i, cluster in enumerate(found.first):
        counts, partner = found.counts[i], int(found.partner[i])
        shared = int(counts[partner]) if partner >= 0 else 0
        union = int(counts.sum() + found.counts[:, partner].sum() - shared) if partner >= 0 else 0
        others = [j for j in np.argsort(-counts, kind="stable") if j != partner and counts[j]][:3]
        rows.append({
            "name": cluster_name(cluster), "size": int(counts.sum()), "shared": shared,
            "partner": cluster_name(found.second[partner]) if partner >= 0 else "–",
            "share": shared / max(int(counts.sum()), 1), "jaccard": shared / union if union else 0.0,
            "others": ", ".join(f"{cluster_name(found.second[j])} ({counts[j]:,})" for j in others),
        })  # fmt: skip
    return rows


def _groups(first: Side, moved: pd.DataFrame, examples: int, pairs: int) -> Sequence[dict[str, Any]]:
    """The pairs of clusters between which most images moved, each with its surest images as pictures."""
    if moved.empty or not pairs:
        return []
    pixels, groups = first.pixels, []
    sizes = moved.groupby(["first", "second"], sort=False).size().sort_values(ascending=False, kind="stable")
    largest: list[tuple[Any, Any]] = list(sizes.items())[:pairs]
    for (one, two), count in largest:
        rows = moved[(moved["first"] == one) & (moved["second"] == two)].head(examples)
        shown = displayable(pixels[rows["row"].to_numpy()])
        pictures = [
            {"address": thumbnail(picture), "name": name} for picture, name in zip(shown, rows["image"], strict=True)
        ]
        groups.append({"first": cluster_name(one), "second": cluster_name(two), "count": count, "pictures": pictures})
    return groups
