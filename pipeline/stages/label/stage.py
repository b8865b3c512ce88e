"""Pick images to label, render the label page, and spread the labels that a person gave."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.artifacts.clustering import Clustering
from pipeline.artifacts.features import Features
from pipeline.artifacts.images import Images
from pipeline.artifacts.labels import Labels
from pipeline.artifacts.latents import Graph
from pipeline.config import Label
from pipeline.embedding.neighbor_weights import vote_labels
from pipeline.pages import figures
from pipeline.runtime.limits import lower_to_limit
from pipeline.runtime.observer import SILENT, Observer
from pipeline.stages.label.active_learning import pick_images
from pipeline.stages.label.answers import Answers
from pipeline.stages.label.label_spreading import LabelSpreader
from pipeline.stages.label.page import render_label_page
from pipeline.stages.label.result import LabelResult
from pipeline.stages.label.simulation import simulate_labelling, summarize_simulation


def label(
    config: Label,
    images: Images,
    labels: Labels,
    graph: Graph,
    features: Features,
    clustering: Clustering,
    answers: Answers | None = None,
    run_id: str = "",
    observer: Observer = SILENT,
) -> LabelResult:
    """Return the page on which the picked images are labelled and, with `answers`, a label for every image.

    `labels` are used in the simulation, and their class names are offered on the page; images are picked without them.
    `run_id` is that of the run to label; the command on the page and the labels that the browser keeps belong to it.
    """
    n_candidates = int((~clustering.removed).sum())
    reason = "there are {n:,} images to choose from"
    budget = lower_to_limit("label.budget", config.budget, n_candidates, n_candidates, observer, reason)
    config = config.model_copy(update={"budget": budget})
    rows = _rows_to_label(config, graph, features, clustering, answers)
    names = images.names(images.split)
    simulation, figure = None, b""
    unknown = int(((labels.fitted_or_unknown(images.n_fitted) < 0) & ~clustering.removed).sum())
    if config.simulate and labels.has_labels and unknown:
        observer.note(f"the simulation is left out, because {unknown:,} images have no label to simulate")
    elif config.simulate and labels.has_labels:
        truth = labels.without(clustering.removed).fitted
        simulation = simulate_labelling(
            graph, features, clustering, truth, config.budgets, config.draws, config.seed, observer
        )
        figure = _figure(simulation, len(names)) if len(simulation) else b""
    given: dict[int, str] = {}
    if answers is not None:
        given = {int(row): answers.names[i] for row, i in zip(answers.rows, answers.labels, strict=True)}
    classes = list(dict.fromkeys([*labels.names, *(answers.names if answers else [])]))
    run_word = f"run={run_id} " if run_id else ""
    picks = f"label.budget={config.budget} label.seed={config.seed}"
    command = f"python -m pipeline stage=label {run_word}{picks} label.answers=answers.csv"
    html = render_label_page(
        images, graph, clustering, rows, classes, given, command, run_id, simulation if figure else None, figure
    )
    picked = pd.DataFrame({"image": [names[row] for row in rows], "cluster": np.asarray(clustering.fitted)[rows]})
    table = None if answers is None else _label_table(images, graph, features, clustering, answers)
    return LabelResult(html, picked, table, simulation, figure, len(given))


def _rows_to_label(
    config: Label, graph: Graph, features: Features, clustering: Clustering, answers: Answers | None
) -> NDArray[np.int64]:
    """Return the rows on the page: the images that have an answer, then new picks up to the budget."""
    picked = pick_images(graph, features, clustering, config.budget, config.seed)
    if answers is None:
        return picked
    new = picked[~np.isin(picked, answers.rows)]
    return np.concatenate([answers.rows, new[: max(config.budget - len(answers.rows), 0)]])


def _label_table(
    images: Images, graph: Graph, features: Features, clustering: Clustering, answers: Answers
) -> pd.DataFrame:
    """Return a row per image, fitted and held out: label, confidence, cluster, and whether it was labelled by hand.

    Images that a person marked for removal are left out.
    """
    spreader = LabelSpreader(graph, features, clustering.fitted)
    spread, confidence = spreader.spread(answers.rows, answers.labels, len(answers.names))
    held, held_confidence = vote_labels(spread, graph.held_indices, graph.held_distances)
    names = np.array([*answers.names, ""], object)  # the last name is that of label −1, which no label reached
    by_hand = np.zeros(len(spread), bool)
    by_hand[answers.rows] = True
    fitted = pd.DataFrame({
        "image": images.names(images.split), "part": "fitted", "label": names[spread],
        "confidence": confidence, "cluster": np.asarray(clustering.fitted), "by_hand": by_hand,
    })[~clustering.removed]  # fmt: skip
    held_out = pd.DataFrame({
        "image": images.names("test") if len(images.held_out) else [], "part": "held out", "label": names[held],
        "confidence": held_confidence, "cluster": np.asarray(clustering.held_out), "by_hand": False,
    })  # fmt: skip
    return pd.concat([fitted, held_out] if len(held_out) else [fitted], ignore_index=True)


def _figure(simulation: pd.DataFrame, n: int) -> bytes:
    table = summarize_simulation(simulation)
    curves = {
        "picked": (table["picked"].tolist(), table["picked_sd"].tolist()),
        "random": (table["random"].tolist(), table["random_sd"].tolist()),
    }
    draws = int(simulation["draw"].max()) + 1
    title = f"Accuracy of spread labels\nn = {n:,} images · mean and standard deviation of {draws} draws"
    return figures.figure_to_png(figures.plot_budgets(table["budget"].tolist(), curves, title))
