"""Which fit is kept: one that started on its own, or with the groups of the latents; the latents judge.

A manifold draws groups apart, but where they lie in it is partly chance. What fits best there may join two groups and
split a third; among the latents such groups lie apart. Where k-means of the latents is the one that goes astray, its
clusters are not well separated there either. So both starts are tried, before and after swaps, and the silhouette
among the latents, which nothing on the manifold optimises, decides.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from pipeline.artifacts.base import Float, Int
from pipeline.config import Cluster
from pipeline.errors import UserError
from pipeline.fitting.starts import begin, partition, startable
from pipeline.fitting.swaps import improve
from pipeline.observer import SILENT, Observer
from pipeline.sampling import drawn
from pipeline.separation import silhouette_score

JUDGED = 5_000
"""Images, drawn with the seed, whose silhouette is measured: all pairs of them are."""


def fit(
    config: Cluster, estimator: Any, latents: Float, points: Float, observer: Observer = SILENT
) -> tuple[Any, Int, list[str]]:
    """Return a fitted estimator, its labels (n,) and what must be said, as `cluster.start` and `cluster.swaps` ask.

    `latents` (n, l) and `points` (n, d) are the same images. With `start=own` there is one fit, and swaps may only
    raise its own criterion. With `start=latents` the fit is one of up to four, whichever labels are best separated
    among the latents; where they are alike, the one that took least.

    Raises:
        UserError: the estimator takes no start and shall have one, or the latents have fewer distinct groups than
            `cluster.k`.
    """
    _check(config, estimator)
    fits = {"own starts": estimator}
    if config.start == "latents":
        fits = {"groups of the latents": _started(config, estimator, latents, points)} | fits
    found = {name: (one, np.asarray(one.fit_predict(points), np.int32)) for name, one in fits.items()}
    if config.swaps:
        found |= _improved(config, found, points, observer)
    if config.start == "own":
        return *list(found.values())[-1], []
    return _judged(found, latents, config.seed)


def _check(config: Cluster, estimator: Any) -> None:
    """Refuse what takes no start where one is to be given."""
    name = type(estimator).__name__
    if config.start == "latents" and not startable(estimator):
        raise UserError(f"cluster.start = latents: {name} takes no start; set cluster.start=own")
    if config.swaps and not startable(estimator):
        raise UserError(f"cluster.swaps = {config.swaps:,}: {name} takes no start; set cluster.swaps=0")


def _improved(
    config: Cluster, found: dict[str, tuple[Any, Int]], points: Float, observer: Observer
) -> dict[str, tuple[Any, Int]]:
    """The fits that swaps made better, under names of their own."""
    improved = {}
    for part, (name, (estimator, labels)) in enumerate(found.items()):

        def after(swap: int, before: int = part * config.swaps) -> None:
            observer.progress(before + swap, len(found) * config.swaps, "swaps")

        better = improve(estimator, labels, points, config.swaps, config.seed, after)
        if better[0] is not estimator:
            improved[f"{name} and swaps"] = better
    return improved


def _started(config: Cluster, estimator: Any, latents: Float, points: Float) -> Any:
    """A copy of the estimator, with the start that k-means of the latents gives."""
    from sklearn.base import clone

    copied = clone(estimator)
    begin(copied, partition(config.k or 1, latents, points, config.seed), points)
    return copied


def _judged(found: dict[str, tuple[Any, Int]], latents: Float, seed: int) -> tuple[Any, Int, list[str]]:
    """The fit whose labels are best separated among the latents, the first of equals, and what must be said of it."""
    apart = {name: separation(latents, labels, seed) for name, (_, labels) in found.items()}
    first, best = next(iter(found)), max(found, key=lambda name: apart[name])
    if best == first:
        return *found[best], []
    said = f"clusters from {best} lie apart among the latents better (silhouette {apart[best]:.4f}) than those from"
    return *found[best], [f"{said} {first} ({apart[first]:.4f})"]


def separation(latents: Float, labels: Int, seed: int) -> float:
    """Return the silhouette in [−1, 1] of labels (n,) among the latents (n, l), −1 where there is no such thing.

    Measured on at most 5,000 seeded rows.
    """
    rows = drawn(len(labels), JUDGED, seed)
    found = silhouette_score(latents[rows], labels[rows])
    return -1.0 if np.isnan(found) else found
