"""A simulated person: how right the spread labels are for how many given ones, against as many random images."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from pipeline.artifacts.base import Int
from pipeline.artifacts.clustering import Clustering
from pipeline.artifacts.features import Features
from pipeline.artifacts.latents import Graph
from pipeline.labelling.pick import pick
from pipeline.labelling.spread import Spreader
from pipeline.observer import SILENT, Observer

WAYS = ("picked", "random")


def simulate(
    graph: Graph,
    features: Features,
    clustering: Clustering,
    truth: Int,
    budgets: Sequence[int],
    draws: int,
    seed: int = 0,
    observer: Observer = SILENT,
) -> pd.DataFrame:
    """Return a row per way, budget and draw with `accuracy`: the share of all other labelled images that is right.

    A person who knows `truth` (n,), −1 where even that is unknown, labels `budget` images, which were picked without
    it or drawn at random; the labels are spread, and only images that the person did not label are counted.
    """
    spreader = Spreader(graph, features, clustering.fitted)
    known = np.flatnonzero(truth >= 0)
    classes = int(truth.max()) + 1
    rows = []
    budgets = [budget for budget in budgets if budget < len(known)]
    for place, (budget, draw) in enumerate((budget, draw) for budget in budgets for draw in range(draws)):
        chosen = {
            "picked": pick(graph, features, clustering, budget, seed + draw),
            "random": np.random.default_rng(seed + draw).choice(known, budget, replace=False),
        }
        for way in WAYS:
            given = chosen[way][truth[chosen[way]] >= 0]
            found, _ = spreader(given, truth[given], classes)
            others = np.setdiff1d(known, given)
            right = float((found[others] == truth[others]).mean())
            rows.append({"way": way, "budget": budget, "draw": draw, "accuracy": right})
        observer.progress(place + 1, len(budgets) * draws, "draws")
    return pd.DataFrame(rows, columns=["way", "budget", "draw", "accuracy"])


def summary(simulated: pd.DataFrame) -> pd.DataFrame:
    """Return mean and standard deviation over the draws, a row per budget: picked, picked_sd, random, random_sd."""
    grouped = simulated.groupby(["budget", "way"])["accuracy"]
    mean, spread = grouped.mean().unstack("way"), grouped.std(ddof=1).fillna(0.0).unstack("way")
    table = pd.DataFrame({"picked": mean["picked"], "picked_sd": spread["picked"]})
    table[["random", "random_sd"]] = np.column_stack([mean["random"], spread["random"]])
    return table.reset_index()
