"""Render the report from its context and figures."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.clustering.metrics import SCORES
from pipeline.clustering.score_descriptions import describe_score
from pipeline.pages.figures.images import to_rgb_images
from pipeline.pages.figures.style import group_colour
from pipeline.pages.html import data_uri, render, thumbnail
from pipeline.stages.report.baselines import baseline_rows, describe_baselines, list_unhelpful_steps
from pipeline.stages.report.context import MAX_CLUSTERS, ReportContext, ReportFigure
from pipeline.stages.report.wording import describe_autoencoder, describe_map

FOLDER = Path(__file__).parent
QUALITY_ROWS, QUALITY_IMAGES = 12, 8
"""At most so many groups of duplicates, and images in a row, are in the table of duplicates and blank images."""
CARDS_WITH_LABELS = {
    "train/purity_score": "Purity",
    "train/accuracy_score": "Accuracy",
    "train/nmi_score": "NMI",
    "train/ari_score": "ARI",
}
CARDS_WITHOUT_LABELS = {
    "train/expected_accuracy": "Expected accuracy",
    "train/silhouette_score": "Silhouette",
    "map/trustworthiness": "Trustworthiness",
    "reconstruction/train_mse": "Reconstruction error",
}


def render_report(run: ReportContext, figures: Iterable[ReportFigure], files: Mapping[str, bytes]) -> str:
    """Return the report as self-contained HTML; `files` holds the PNG file of each figure by name."""
    scores = {name: value for name, value in run.scores.values.items() if not name.startswith("baselines/")}
    paired, single = split_scores(scores | {f"cluster/{name}": v for name, v in run.clustering.scores.items()})
    return render(
        FOLDER,
        "report.html.j2",
        run=run,
        notes=collect_notes(run),
        cards=score_cards(run),
        paired=paired,
        single=single,
        has_labels=run.labels.has_labels,
        baselines=baseline_rows(run),
        baseline_paragraphs=describe_baselines(run.scores.baselines, run.autoencoder.noun),
        autoencoder_text=describe_autoencoder(run),
        map_text=describe_map(run.scores.values),
        figures=[(figure, data_uri(files[figure.name])) for figure in figures],
        clusters=cluster_rows(run),
        quality=quality_rows(run),
        shown_groups=min(len(run.copies), QUALITY_ROWS),
        copied=sum(len(rows) - 1 for rows in run.copies),
    )


def collect_notes(run: ReportContext) -> list[str]:
    """Return the caveats: what was sampled, missing or omitted, and which steps did not help."""
    is_noise = (run.clustering.fitted < 0) & ~run.clustering.removed
    is_labelled = (run.true_labels >= 0) & ~run.clustering.removed
    n_noise, n_labelled, n = int(is_noise.sum()), int(is_labelled.sum()), int((~run.clustering.removed).sum())
    messages = [run.images.note, *run.clustering.notes, *run.scores.notes]
    if not run.k:
        messages.append("No clusters were found: all images are noise.")
    elif n_noise:
        errors = ", which purity and accuracy count as errors" if (is_noise & is_labelled).any() else ""
        messages.append(f"{n_noise:,} of {n:,} images are noise{errors}.")
    if 0 < n_labelled < n:
        messages.append(f"Only {n_labelled:,} of {n:,} fitted images have labels; scores against labels use those.")
    if not len(run.images.held_out):
        messages.append("No images were held out: all scores are in-sample.")
    elif run.labels.has_labels and not (run.labels.held_out >= 0).any():
        messages.append("The held-out images have no labels: there are no test scores against labels.")
    messages += list_unhelpful_steps(run.scores.baselines, run.autoencoder.noun)
    if run.map.first is not None:
        messages.append(
            f"{run.map.method} embedded the first {run.map.first:,} of {run.n:,} images; the map places the others "
            "between their nearest neighbours."
        )
    if run.k > MAX_CLUSTERS:
        messages.append(f"Figures show the centres and members of the {MAX_CLUSTERS} largest of {run.k:,} clusters.")
    return [message for message in messages if message]


def score_cards(run: ReportContext) -> list[dict[str, Any]]:
    """Return the headline scores: title, k beside purity, description, and the values on train and test images."""
    titles = CARDS_WITH_LABELS if run.labels.has_labels else CARDS_WITHOUT_LABELS
    values = run.scores.values
    return [
        {
            "title": title,
            "detail": f"k = {run.k:,}" if title == "Purity" else "",
            "description": describe_score(name.replace("train_", "")),
            "train": values[name],
            "test": values.get(name.replace("train", "test")) if "train" in name else None,
        }
        for name, title in titles.items()
        if name in values
    ]


def split_scores(values: Mapping[str, float]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return table rows of the scores that have a value on train or test images, and rows of all other scores."""
    paired: dict[str, dict[str, Any]] = {}
    single = []
    for key, value in values.items():
        # The part is the first component (train/nmi_score) or a prefix of the last one (reconstruction/test_mse).
        match = re.fullmatch(r"(?P<before>.*/)?(?P<part>train|test)[/_](?P<name>.+)", key)
        if match:
            name = (match["before"] or "") + match["name"]
            empty = {"name": name, "description": describe_score(name), "train": None, "test": None}
            paired.setdefault(name, empty)[match["part"]] = value
        else:
            single.append({"name": key, "description": describe_score(key), "value": value})
    return sorted(paired.values(), key=_score_rank), [row for row in single if row["name"] not in paired]


def _score_rank(row: Mapping[str, Any]) -> int:
    """Sort scores against labels first, and scores without noise last."""
    group, _, base = row["name"].rpartition("/")
    return 2 if group == "clustered" else int(base not in SCORES)


def cluster_rows(run: ReportContext) -> list[dict[str, Any]]:
    """Return the rows of the table of clusters; scores against labels are None where no member has a label."""
    centres = to_rgb_images(run.centre_images) if run.k else ()
    rows = []
    for cluster, size in enumerate(run.cluster_sizes):
        members = run.clustering.fitted == cluster
        scores = run.cluster_scores.get(cluster, {})
        rows.append(
            {
                "name": run.cluster_name(cluster),
                "colour": group_colour(cluster),
                "centre": thumbnail(centres[cluster]) if cluster < len(centres) else "",
                "size": size,
                "confidence": float(np.asarray(run.clustering.confidence)[members].mean()),
                "majority": run.majority_class(cluster),
                "purity": scores.get("purity"),
                "entropy": scores.get("entropy"),
                "labels": run.label_counts(cluster),
            }
        )
    return rows


def quality_rows(run: ReportContext) -> list[dict[str, Any]]:
    """Return a row for each of the largest groups of exact duplicates, and one for all blank images."""
    names = run.images.names(run.images.split)
    groups = [(f"Exact duplicates {i}", rows) for i, rows in enumerate(run.copies[:QUALITY_ROWS], 1)]
    groups += [("Blank images", run.blank_images)] if run.blank_images else []
    return [
        {
            "title": title,
            "count": len(rows),
            "clusters": ", ".join(
                run.cluster_name(c) for c in np.unique(np.asarray(run.clustering.fitted)[rows]).tolist()
            ),
            "pictures": [
                {"address": thumbnail(image), "name": names[row]}
                for image, row in zip(to_rgb_images(run.fitted_images[rows[:QUALITY_IMAGES]]), rows, strict=False)
            ],
        }
        for title, rows in groups
    ]
