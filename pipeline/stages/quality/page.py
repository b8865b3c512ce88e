"""The page of stage quality: groups of duplicates, faulty images, possible label errors, and the rules."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.config import Quality
from pipeline.pages.figures.images import to_rgb_images
from pipeline.pages.html import render, thumbnail
from pipeline.stages.quality.findings import Findings
from pipeline.stages.quality.image_checks import order_flagged
from pipeline.stages.quality.wording import (
    TITLES,
    describe_check,
    describe_keeping,
    describe_label_errors,
    describe_member,
    describe_near,
    label_error_caveat,
    quality_headline,
)

FOLDER = Path(__file__).parent
TEMPLATE = "quality.html.j2"
MEMBERS = 18
"""Images displayed of one group of duplicates."""
NEIGHBORS = 6
"""Neighbours displayed beside an image whose label may be wrong."""


def render_quality_page(config: Quality, name: str, findings: Findings, run_id: str) -> str:
    """Return the page as self-contained HTML for the run called `name`, with the id `run_id`."""
    counts = {key.removeprefix("quality/"): int(value) for key, value in findings.metrics().items()}
    measures = findings.measures
    return render(
        FOLDER,
        TEMPLATE,
        name=name,
        run_id=run_id,
        n=findings.n_remaining,
        n_removed=findings.n - findings.n_remaining,
        headline=quality_headline(counts),
        counts=counts,
        keep=int(findings.is_kept.sum()),
        groups=list(_groups(findings, config.groups)),
        group_count=findings.duplicates.count,
        near_rule=describe_near(config, 0 if measures is None else measures.hashes.shape[1]),
        keeping_rule=describe_keeping(findings.files, findings.images.has_images),
        checks=list(_checks(config, findings)),
        errors=list(_label_errors(findings, config.examples)),
        error_count=counts.get("label_errors"),
        error_rule=describe_label_errors(counts.get("label_errors", 0)),
        error_caveat=label_error_caveat(counts.get("label_errors", 0), int((findings.truth >= 0).sum())),
        has_labels=findings.errors is not None,
        has_files=findings.files is not None,
    )


def _pictures(findings: Findings, rows: Sequence[int]) -> list[dict[str, Any]]:
    """The picture, name, caption, cluster and label of each of these images."""
    if not rows:
        return []
    pixels = to_rgb_images(findings.images.fitted_rows(rows))
    return [
        {
            "address": thumbnail(image),
            "name": findings.names[row],
            "caption": findings.names[row],
            "cluster": findings.cluster_name(int(findings.clusters[row])),
            "label": findings.labels.name(int(findings.truth[row])) or "–",
        }
        for image, row in zip(pixels, rows, strict=True)
    ]


def _groups(findings: Findings, limit: int) -> Iterator[dict[str, Any]]:
    """Yield what the page shows of the first groups: those with different labels, then the largest."""
    duplicates = findings.duplicates
    numbered = sorted(enumerate(findings.groups), key=lambda group: not findings.has_conflict(group[1]))
    for number, rows in numbered[:limit]:
        others = [duplicates.kinds[row] for row in rows[1:]]
        pictures = _pictures(findings, rows[:MEMBERS])
        for row, picture in zip(rows, pictures, strict=False):
            picture["caption"] = describe_member(duplicates.kinds[row], int(duplicates.hash_distance[row]))
        labels = sorted({findings.labels.name(int(findings.truth[row])) or "–" for row in rows})
        clusters = sorted({int(findings.clusters[row]) for row in rows})
        yield {
            "number": number,
            "size": len(rows),
            "exact": sum(kind != "near" for kind in others),
            "near": others.count("near"),
            "keep": findings.names[rows[0]],
            "clusters": ", ".join(map(findings.cluster_name, clusters)),
            "labels": ", ".join(labels),
            "has_conflict": findings.has_conflict(rows),
            "pictures": pictures,
        }


def _checks(config: Quality, findings: Findings) -> Iterator[dict[str, Any]]:
    """Yield the title, the rule and the images of each check, the most striking images first."""
    if findings.measures is None:
        return
    for name, flags in findings.checks.items():
        rows = order_flagged(config, name, findings.checks, findings.measures, findings.files)
        pictures = _pictures(findings, rows[: config.examples])
        if findings.files is not None and name == "odd_sized":
            for row, picture in zip(rows, pictures, strict=False):
                height, width = findings.files.sizes[row].tolist()
                picture["caption"] = f"{width} × {height}"
        yield {
            "key": name,
            "title": TITLES[name],
            "rule": describe_check(name, config),
            "count": int(flags.sum()),
            "pictures": pictures,
        }


def _label_errors(findings: Findings, limit: int) -> Iterator[dict[str, Any]]:
    """Yield each of the most suspicious images, with its nearest neighbours and their labels."""
    errors = findings.errors
    if errors is None:
        return
    for row in errors.order[: min(limit, errors.count)].tolist():
        nearest = np.asarray(findings.graph.indices[row][:NEIGHBORS]).tolist()
        (picture, *neighbors) = _pictures(findings, [row, *nearest])
        yield {
            "rank": int(errors.ranks[row]),
            "score": float(errors.scores[row]),
            "label": findings.labels.name(int(findings.truth[row])),
            "suggestion": findings.labels.name(int(errors.suggestions[row])),
            "picture": picture,
            "neighbours": neighbors,
        }
