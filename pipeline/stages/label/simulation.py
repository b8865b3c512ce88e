"""Simulate a person who labels images: accuracy of the spread labels for picked and for random images."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np
import pandas as pd

from pipeline.artifacts.base import Int
from pipeline.artifacts.clustering import Clustering
from pipeline.artifacts.features import Features
from pipeline.artifacts.latents import Graph
from pipeline.runtime.observer import SILENT, Observer
from pipeline.stages.label.active_learning import pick_images
from pipeline.stages.label.label_spreading import LabelSpreader

STRATEGIES = ("picked", "random")
"""How the labelled images are chosen: by `pick_images`, or uniformly at random."""


def simulate_labelling(
    graph: Graph,
    features: Features,
    clustering: Clustering,
    truth: Int,
    budgets: Sequence[int],
    draws: int,
    seed: int = 0,
    observer: Observer = SILENT,
) -> pd.DataFrame:
    """Return a row per strategy, budget and draw with the `accuracy` of the spread labels, in [0, 1].

    `budget` images get their label from `truth` (n,), which is −1 for images that a person marked for removal alone;
    the labels are spread to all images.
    Accuracy is the share of correct labels among the other images whose label is known. Budgets as large as the number
    of images with a label are left out.
    """
    spreader = LabelSpreader(graph, features, clustering.fitted)
    with_truth = np.flatnonzero(truth >= 0)
    classes = int(truth.max()) + 1
    rows = []
    budgets = [budget for budget in budgets if budget < len(with_truth)]
    for done, (budget, draw) in enumerate(product(budgets, range(draws)), 1):
        chosen = {
            "picked": pick_images(graph, features, clustering, budget, seed + draw),
            "random": np.random.default_rng(seed + draw).choice(with_truth, budget, replace=False),
        }
        for strategy in STRATEGIES:
            labelled = chosen[strategy]
            spread, _ = spreader.spread(labelled, truth[labelled], classes)
            others = np.setdiff1d(with_truth, labelled)
            accuracy = float((spread[others] == truth[others]).mean())
            rows.append({"strategy": strategy, "budget": budget, "draw": draw, "accuracy": accuracy})
        observer.progress(done, len(budgets) * draws, "draws")
    return pd.DataFrame(rows, columns=["strategy", "budget", "draw", "accuracy"])


def summarize_simulation(simulation: pd.DataFrame) -> pd.DataFrame:
    """Return mean and standard deviation over the draws, a row per budget: picked, picked_sd, random, random_sd.

    The standard deviation of one draw is NaN.
    """
    accuracy = simulation.groupby(["budget", "strategy"])["accuracy"]
    mean = accuracy.mean().unstack("strategy")
    deviation = accuracy.std(ddof=1).unstack("strategy")
    table = pd.DataFrame({"picked": mean["picked"], "picked_sd": deviation["picked"]})
    table[["random", "random_sd"]] = np.column_stack([mean["random"], deviation["random"]])
    return table.reset_index()
