"""The number of clusters where none is given: `cluster.k=auto`."""

from __future__ import annotations

import warnings

import numpy as np

from pipeline.artifacts.base import Float
from pipeline.clustering.silhouette import silhouette_score
from pipeline.clustering.size_rules import NUMBERS_OF_CLUSTERS
from pipeline.config import Cluster
from pipeline.runtime.observer import SILENT, Observer
from pipeline.runtime.sampling import sample_rows

SMALLEST, LARGEST = 2, 30
"""The numbers of clusters to choose from."""
SAMPLE, STARTS = 3000, 3
"""Number of random points that are clustered, and of k-means++ starts for each number of clusters."""


def choose_k(config: Cluster, points: Float, observer: Observer = SILENT) -> tuple[Cluster, list[str]]:
    """Return the configuration with a number of clusters, and a note; unchanged, without a note, if `k` is not `auto`.

    The number is the one from 2 to 30 whose clusters by k-means have the highest silhouette, on at most 3,000 random
    points (n, d), whatever the clusterer is. Source: Rousseeuw, "Silhouettes", 1987. Limitation: classes that overlap
    in the features count as one; `stage=how_many` has four more indices.
    """
    if config.k != "auto":
        return config, []
    sample = np.asarray(points)
    if len(sample) > SAMPLE:
        sample = sample[sample_rows(len(sample), SAMPLE, config.seed)]
    numbers = range(SMALLEST, min(LARGEST, len(sample) - 1) + 1)
    silhouettes = []
    for number in numbers:
        silhouettes.append(_silhouette(sample, number, config.seed))
        observer.progress(len(silhouettes), len(numbers), "numbers of clusters")
    known = [value for value in silhouettes if np.isfinite(value)]
    k = numbers[int(np.nanargmax(silhouettes))] if known else 1
    note = "cluster.k = auto: 1 cluster, because no silhouette can be measured"
    if known:
        note = (
            f"cluster.k = auto: {k} clusters have the highest silhouette, {max(known):.3f}, of {SMALLEST} to "
            f"{numbers[-1]}"
        )
    return set_k(config, k), [note]


def set_k(config: Cluster, k: int) -> Cluster:
    """Return the configuration with `k` clusters where it has `auto`."""
    estimator = {name: k if name in NUMBERS_OF_CLUSTERS and value == "auto" else value
                 for name, value in config.estimator.items()}  # fmt: skip
    return config.model_copy(update={"k": k, "estimator": estimator})


def _silhouette(points: Float, k: int, seed: int) -> float:
    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # fewer distinct points than k
        return silhouette_score(points, KMeans(k, n_init=STARTS, random_state=seed).fit_predict(points))
