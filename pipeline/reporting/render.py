"""From a run and its drawings to one self-contained page."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from pipeline.figures.pictures import displayable
from pipeline.figures.style import hue
from pipeline.metrics import SCORES
from pipeline.reporting.html import PACKAGE, data_uri, render, thumbnail
from pipeline.reporting.nulls import null_rows, null_words, without_use
from pipeline.reporting.run import MOST_CLUSTERS, Drawing, Run, cluster_name
from pipeline.reporting.words import map_words, meaning, model_words

AGAINST_LABELS = {"purity_score": "Purity", "accuracy_score": "Accuracy", "nmi_score": "NMI", "ari_score": "ARI"}
WITHOUT_LABELS = {
    "train/silhouette_score": "Silhouette",
    "map/trustworthiness": "Trustworthiness",
    "reconstruction/train_mse": "Reconstruction error",
}
"""The scores on cards: those against labels, or without any, those that need none."""

CARD = ("title", "beside", "words", "train", "test")


def page(run: Run, drawings: Iterable[Drawing], figures: Mapping[str, bytes]) -> str:
    """Return the report as HTML that loads nothing: `figures` are the drawings' PNG files, by name."""
    values = {name: value for name, value in run.scores.values.items() if not name.startswith("null/")}
    pairs, single = score_rows(values | {f"cluster/{k}": v for k, v in run.clustering.scores.items()})
    return render(
        PACKAGE,
        "report.html.j2",
        run=run,
        notes=notes(run),
        cards=cards(run),
        pairs=pairs,
        single=single,
        known=run.labels.known,
        nulls=null_rows(run),
        null_words=null_words(run.scores.nulls),
        model_words=model_words(run),
        map_words=map_words(run.scores.values),
        drawings=[(drawing, data_uri(figures[drawing.name])) for drawing in drawings],
        clusters=cluster_rows(run),
    )


def notes(run: Run) -> list[str]:
    """Return what a reader must know before believing the numbers: what was sampled, missing, or left out."""
    noise, known = int((run.clustering.fitted < 0).sum()), int((run.truth >= 0).sum())
    held = len(run.images.held_out)
    found = [run.images.note, *run.clustering.notes, *run.scores.notes]
    if not run.k:
        found.append("No cluster was found: every image is noise.")
    elif noise:
        wrong = " and count as wrong in purity and accuracy" if known else ""
        found.append(f"{noise:,} of {run.n:,} images are noise: they belong to no cluster{wrong}.")
    if 0 < known < run.n:
        found.append(f"Only {known:,} of {run.n:,} fitted images have labels; scores against labels use those.")
    if not held:
        found.append("Nothing was held out: every score is in-sample.")
    elif run.labels.known and not (run.labels.held_out >= 0).any():
        found.append("The held-out images have no labels: there are no test scores against labels.")
    found += without_use(run.scores.nulls)
    if run.map.first is not None:
        found.append(
            f"{run.map.method} embedded the first {run.map.first:,} of {run.n:,} images; on the map the others lie "
            "between their neighbours."
        )
    if run.k > MOST_CLUSTERS:
        found.append(f"Centres and members are drawn for the {MOST_CLUSTERS} largest of {run.k:,} clusters.")
    return [note for note in found if note]


def cards(run: Run) -> list[dict[str, Any]]:
    """Return the headline scores: title, explanation, the value of train and, where there is one, of test."""
    chosen = {f"train/{name}": title for name, title in AGAINST_LABELS.items()} if run.labels.known else WITHOUT_LABELS
    values, found = run.scores.values, []
    for name, title in chosen.items():
        if name in values:
            beside = f"k = {run.k:,}" if title == "Purity" else ""
            words = meaning(name.replace("train_", ""))
            test = values.get(name.replace("train", "test")) if "train" in name else None
            found.append(dict(zip(CARD, (title, beside, words, values[name], test), strict=True)))
    return found


def score_rows(values: Mapping[str, float]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return all scores as table rows: those with a train or test value, and the others, which are measured once."""
    pairs: dict[str, dict[str, Any]] = {}
    single = []
    for key, value in values.items():
        # The part stands in front (train/nmi_score), or within (reconstruction/test_mse).
        match = re.fullmatch(r"(?P<before>.*/)?(?P<part>train|test)[/_](?P<name>.+)", key)
        if match:
            name = (match["before"] or "") + match["name"]
            row = pairs.setdefault(name, {"name": name, "words": meaning(name), "train": None, "test": None})
            row[match["part"]] = value
        else:
            single.append({"name": key, "words": meaning(key), "value": value})
    return sorted(pairs.values(), key=_rank), [row for row in single if row["name"] not in pairs]


def _rank(row: Mapping[str, Any]) -> int:
    """Scores against labels come first, those that leave noise out last."""
    group, _, base = row["name"].rpartition("/")
    return 2 if group == "clustered" else int(base not in SCORES)


def cluster_rows(run: Run) -> list[dict[str, Any]]:
    """Return the table of clusters: name, colour, decoded centre, size, and scores where labels are known."""
    centres = displayable(run.centres) if run.k else ()
    rows = []
    for cluster, size in enumerate(run.sizes):
        members = run.clustering.fitted == cluster
        scored = run.table.get(cluster, {})
        rows.append(
            {
                "name": cluster_name(cluster),
                "colour": hue(cluster),
                "centre": thumbnail(centres[cluster]) if cluster < len(centres) else "",
                "size": size,
                "confidence": float(np.asarray(run.clustering.confidence)[members].mean()),
                "majority": run.majority(cluster),
                "purity": scored.get("purity"),
                "entropy": scored.get("entropy"),
                "labels": run.labels_of(cluster),
            }
        )
    return rows
