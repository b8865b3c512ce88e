"""Fit a clusterer from several initialisations and keep the fit that is best separated among the latents.

A manifold separates groups, but their positions on it are partly random. The fit with the best criterion there may join
two groups and split a third, which the latents would separate. k-means of the latents may err too, and its clusters
are then badly separated among the latents as well. So the clusterer is fitted from its own initialisations and from
those groups, each with and without swaps, and the silhouette among the latents, which no fit on the manifold
optimises, decides. Where that is nearly equal, the clusterer's own criterion on the manifold decides.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from pipeline.artifacts.base import Float, Int
from pipeline.clustering.initialization import initial_groups, set_initialization, supports_initialization
from pipeline.clustering.silhouette import silhouette_score
from pipeline.clustering.swaps import criterion, improve_by_swaps
from pipeline.config import Cluster
from pipeline.runtime.errors import UserError
from pipeline.runtime.observer import SILENT, Observer
from pipeline.runtime.sampling import sample_rows

SILHOUETTE_SAMPLE = 5_000
"""Number of points, drawn with the seed, whose silhouette is measured."""

TIE = 0.05
"""Silhouettes among the latents that differ by less than this share of the highest one do not tell fits apart."""

EQUAL = 1e-6
"""Criteria that differ relatively by less are equal, and the first fit is selected: some are in single precision."""

Fits = dict[str, tuple[Any, Int]]
"""Fitted estimators and their labels (n,), by the name of the initialisation."""


def fit_and_select(
    config: Cluster, estimator: Any, latents: Float, points: Float, observer: Observer = SILENT
) -> tuple[Any, Int, list[str]]:
    """Return a fitted estimator, its labels (n,) int32, and notes, according to `cluster.start` and `cluster.swaps`.

    `latents` (n, l) and `points` (n, d) are the same images. With `start=own` there is one fit, which swaps replace if
    they improve its criterion. With `start=latents` there are up to four fits. Of those whose silhouette among the
    latents is within `TIE` of the highest, the one with the best criterion wins: the likelihood of a mixture, the
    inertia of k-means.

    Raises:
        UserError: the estimator does not support the initialisation that is asked for, or the latents have fewer
            distinct groups than `cluster.k`.
    """
    _require_initialization_support(config, estimator)
    estimators = {"its own initialisation": estimator}
    if config.start == "latents":
        estimators = {"k-means of the latents": _started(config, estimator, latents, points)} | estimators
    fits = {name: (copy, np.asarray(copy.fit_predict(points), np.int32)) for name, copy in estimators.items()}
    if config.swaps:
        fits |= _swapped_fits(config, fits, points, observer)
    if config.start == "own":
        return *list(fits.values())[-1], []
    return _select(fits, latents, config.seed)


def _require_initialization_support(config: Cluster, estimator: Any) -> None:
    """Raise a `UserError` if the configuration needs custom initialisation and the estimator has none."""
    if (config.start == "own" and not config.swaps) or supports_initialization(estimator):
        return
    reason = f"{type(estimator).__name__} does not support custom initialisation"
    if config.start == "latents":
        raise UserError(f"cluster.start = latents: {reason}; set cluster.start=own")
    raise UserError(f"cluster.swaps = {config.swaps:,}: {reason}; set cluster.swaps=0")


def _started(config: Cluster, estimator: Any, latents: Float, points: Float) -> Any:
    """A copy of the estimator that starts from k-means of the latents."""
    from sklearn.base import clone

    started = clone(estimator)
    set_initialization(started, initial_groups(config.n_clusters or 1, latents, points, config.seed), points)
    return started


def _swapped_fits(config: Cluster, fits: Fits, points: Float, observer: Observer) -> Fits:
    """The fits that swaps improved, under new names."""
    improved = {}
    for part, (name, (estimator, labels)) in enumerate(fits.items()):

        def report(swap: int, done: int = part * config.swaps) -> None:
            observer.progress(done + swap, len(fits) * config.swaps, "swaps")

        swapped = improve_by_swaps(estimator, labels, points, config.swaps, config.seed, report)
        if swapped[0] is not estimator:
            improved[f"{name} with swaps"] = swapped
    return improved


def _select(fits: Fits, latents: Float, seed: int) -> tuple[Any, Int, list[str]]:
    """The best fit, and a note if it separates the latents otherwise than the first one."""
    silhouettes = {name: sampled_silhouette(latents, labels, seed) for name, (_, labels) in fits.items()}
    highest, first = max(silhouettes.values()), next(iter(fits))
    ties = [name for name, silhouette in silhouettes.items() if silhouette >= highest - TIE * abs(highest)]
    criteria = {name: criterion(fits[name][0]) for name in ties}
    best = next(name for name in ties if math.isclose(criteria[name], max(criteria.values()), rel_tol=EQUAL))
    if round(silhouettes[best], 4) == round(silhouettes[first], 4):  # as the note prints them
        return *fits[best], []
    scores = f"silhouette among the latents {silhouettes[best]:.4f}, against {silhouettes[first]:.4f} from {first}"
    if first in ties:
        scores += ", which is nearly equal, and a better criterion on the manifold"
    return *fits[best], [f"selected the fit from {best}: {scores}"]


def sampled_silhouette(points: Float, labels: Int, seed: int) -> float:
    """Return the silhouette in [−1, 1] of labels (n,) among points (n, d), −1 if it is undefined.

    It is measured on at most 5,000 points, drawn with the seed.
    """
    rows = sample_rows(len(labels), SILHOUETTE_SAMPLE, seed)
    silhouette = silhouette_score(points[rows], labels[rows])
    return -1.0 if np.isnan(silhouette) else silhouette
