"""Labels from a few: pick what is worth a person's label, make the page for it, spread the labels that came back."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline import figures
from pipeline.artifacts.clustering import Clustering
from pipeline.artifacts.features import Features
from pipeline.artifacts.images import Images
from pipeline.artifacts.labels import Labels
from pipeline.artifacts.latents import Graph
from pipeline.config import Label
from pipeline.labelling.answers import Answers
from pipeline.labelling.page import page
from pipeline.labelling.pick import pick
from pipeline.labelling.result import Labelling
from pipeline.labelling.simulate import simulate, summary
from pipeline.labelling.spread import Spreader
from pipeline.neighborhood import vote
from pipeline.observer import SILENT, Observer


def label(
    config: Label,
    images: Images,
    labels: Labels,
    graph: Graph,
    features: Features,
    clustering: Clustering,
    answers: Answers | None = None,
    observer: Observer = SILENT,
) -> Labelling:
    """Return the page to label the picked images with, and the finished labels where there are `answers`.

    The picks see no label. `labels`, where known, only play the person in the simulation, and name the classes that
    the page offers.
    """
    rows = _rows(config, graph, features, clustering, answers)
    names = images.names(images.split)
    simulated, figure = None, b""
    if config.simulate and labels.known:
        simulated = simulate(
            graph, features, clustering, labels.fitted, config.budgets, config.draws, config.seed, observer
        )
        figure = _figure(simulated, len(names)) if len(simulated) else b""
    given = (
        {} if answers is None else {int(r): answers.names[i] for r, i in zip(answers.rows, answers.labels, strict=True)}
    )
    offered = list(dict.fromkeys([*labels.names, *(answers.names if answers else [])]))
    command = f"python -m pipeline stage=label label.budget={config.budget} label.answers=answers.csv"
    html = page(images, graph, clustering, rows, offered, given, command, simulated if figure else None, figure)
    picked = pd.DataFrame({"image": [names[row] for row in rows], "cluster": np.asarray(clustering.fitted)[rows]})
    finished = None if answers is None else _spread(images, graph, features, clustering, answers)
    return Labelling(html, picked, finished, simulated, figure)


def _rows(
    config: Label, graph: Graph, features: Features, clustering: Clustering, answers: Answers | None
) -> NDArray[np.int64]:
    """What the page shows: the picks; answered images first, and as many new ones as the budget leaves."""
    picked = pick(graph, features, clustering, config.budget, config.seed)
    if answers is None:
        return picked
    new = picked[~np.isin(picked, answers.rows)]
    return np.concatenate([answers.rows, new[: max(config.budget - len(answers.rows), 0)]])


def _spread(images: Images, graph: Graph, features: Features, clustering: Clustering, answers: Answers) -> pd.DataFrame:
    """A row per image, fitted and held out: label, confidence, cluster, and whether a person gave the label."""
    spreader = Spreader(graph, features, clustering.fitted)
    found, confidence = spreader(answers.rows, answers.labels, len(answers.names))
    held, held_confidence = vote(found, graph.held_indices, graph.held_distances)
    words = np.array([*answers.names, ""], object)  # −1, which no label reached, is the last
    by_hand = np.zeros(len(found), bool)
    by_hand[answers.rows] = True
    fitted = pd.DataFrame({
        "image": images.names(images.split), "part": "fitted", "label": words[found],
        "confidence": confidence, "cluster": np.asarray(clustering.fitted), "by_hand": by_hand,
    })  # fmt: skip
    others = pd.DataFrame({
        "image": images.names("test") if len(images.held_out) else [], "part": "held out", "label": words[held],
        "confidence": held_confidence, "cluster": np.asarray(clustering.held_out), "by_hand": False,
    })  # fmt: skip
    return pd.concat([fitted, others], ignore_index=True) if len(others) else fitted


def _figure(simulated: pd.DataFrame, n: int) -> bytes:
    table = summary(simulated)
    ways = {
        "picked": (table["picked"].tolist(), table["picked_sd"].tolist()),
        "at random": (table["random"].tolist(), table["random_sd"].tolist()),
    }
    draws = int(simulated["draw"].max()) + 1
    title = f"What labels buy\nn = {n:,} images · mean and standard deviation of {draws} draws"
    return figures.png(figures.budgets(table["budget"].tolist(), ways, title))
