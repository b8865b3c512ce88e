"""The page that compares two runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pipeline.clustering.matching import ClusterMatching
from pipeline.clustering.score_descriptions import describe_score
from pipeline.config import Config, actions
from pipeline.pages.figures.images import to_rgb_images
from pipeline.pages.html import data_uri, render, thumbnail
from pipeline.stages.compare.compared_run import ComparedRun

FOLDER = Path(__file__).parent
TEMPLATE = "compare.html.j2"
ACTION_GROUPS = [
    name
    for name, field in Config.model_fields.items()
    if getattr(field.annotation, "__module__", "") == actions.__name__
]
IRRELEVANT = ("output_dir", "input", "run", "runs", "stage", "tracking", "report", "explorer", *ACTION_GROUPS)
"""Settings that do not change the clusters or their scores."""
OTHERS = 3
"""At most so many other clusters of B are listed for a cluster of A."""


def render_compare_page(
    first: ComparedRun,
    second: ComparedRun,
    matching: ClusterMatching,
    moved: pd.DataFrame,
    heat_map: bytes,
    examples: int,
    pairs: int,
) -> str:
    """Return the comparison as self-contained HTML.

    `moved` has a row per image that moved to another cluster, with its `row` in the first run. The page shows the
    `pairs` of clusters between which most images moved, each with at most `examples` images.
    """
    return render(
        FOLDER,
        TEMPLATE,
        first=first,
        second=second,
        matching=matching,
        agreement=matching.metrics(),
        settings=settings_difference(first.settings, second.settings),
        origins=_describe_origins(first, second),
        scores=_group_scores(score_differences(first.scores, second.scores)),
        mapping=_mapping_rows(first, second, matching),
        heat_map=data_uri(heat_map),
        moved=len(moved),
        groups=_largest_moves(first, second, moved, examples, pairs),
    )


def settings_difference(first: Mapping[str, Any], second: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Return (key, first value, second value) of each setting that differs; a dash stands for a missing key."""
    keys = [key for key in dict.fromkeys([*first, *second]) if key.partition(".")[0] not in IRRELEVANT]
    return [
        (key, str(first.get(key, "–")), str(second.get(key, "–"))) for key in keys if first.get(key) != second.get(key)
    ]


def _describe_origins(first: ComparedRun, second: ComparedRun) -> list[str]:
    """Return a sentence for each run that an action made: which action, and from which run."""
    letters = {first.run_id: "A", second.run_id: "B"}
    return [
        f"{letter} was made by stage={run.action} from {letters.get(run.made_from, f'run {run.made_from}')}."
        for letter, run in (("A", first), ("B", second))
        if run.action
    ]


def score_differences(first: Mapping[str, float], second: Mapping[str, float]) -> list[dict[str, Any]]:
    """Return a row per score of either run, train and test scores first.

    `change` is second − first, None if one run does not have the score.
    """
    rows = []
    for name in sorted(dict.fromkeys([*first, *second]), key=lambda name: not name.startswith(("train/", "test/"))):
        values = first.get(name), second.get(name)
        change = None if None in values else values[1] - values[0]  # type: ignore[operator]  # neither is None
        words = describe_score(name.replace("train_", "").replace("test_", ""))
        rows.append({"name": name, "first": values[0], "second": values[1], "change": change, "words": words})
    return rows


def _group_scores(rows: Sequence[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Return the scores that differ, those of baselines, and those that are equal; the page folds the last two."""
    groups: dict[str, list[dict[str, Any]]] = {"changed": [], "baselines": [], "equal": []}
    for row in rows:
        is_baseline = row["name"].startswith("baselines/")
        groups["baselines" if is_baseline else "equal" if row["change"] == 0 else "changed"].append(row)
    return groups


def _mapping_rows(first: ComparedRun, second: ComparedRun, matching: ClusterMatching) -> list[dict[str, Any]]:
    """Return a row per cluster of the first run: its partner, the images they share, and where the others went."""
    rows = []
    for i, cluster in enumerate(matching.first):
        counts, partner = matching.counts[i], int(matching.partner[i])
        size = int(counts.sum())
        shared = int(counts[partner]) if partner >= 0 else 0
        union = int(size + matching.counts[:, partner].sum() - shared) if partner >= 0 else 0
        others = [j for j in np.argsort(-counts, kind="stable") if j != partner and counts[j]][:OTHERS]
        rows.append({
            "name": first.cluster_name(cluster), "size": size, "shared": shared,
            "partner": second.cluster_name(matching.second[partner]) if partner >= 0 else "–",
            "share": shared / max(size, 1), "jaccard": shared / union if union else 0.0,
            "others": ", ".join(f"{second.cluster_name(matching.second[j])} ({counts[j]:,})" for j in others),
        })  # fmt: skip
    return rows


def _largest_moves(
    first: ComparedRun, second: ComparedRun, moved: pd.DataFrame, examples: int, pairs: int
) -> Sequence[dict[str, Any]]:
    """Return the pairs of clusters between which most images moved, with the pictures of the most confident ones."""
    if moved.empty or not pairs:
        return []
    pixels, groups = first.pixels, []
    counts = moved.groupby(["first", "second"], sort=False).size().sort_values(ascending=False, kind="stable")
    largest: list[tuple[Any, Any]] = list(counts.items())[:pairs]
    for (source, target), count in largest:
        rows = moved[(moved["first"] == source) & (moved["second"] == target)].head(examples)
        images = to_rgb_images(pixels[rows["row"].to_numpy()])
        pictures = [
            {"address": thumbnail(image), "name": name} for image, name in zip(images, rows["image"], strict=True)
        ]
        names = {"first": first.cluster_name(source), "second": second.cluster_name(target)}
        groups.append(names | {"count": count, "pictures": pictures})
    return groups
