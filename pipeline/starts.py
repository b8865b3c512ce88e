"""Where a clusterer starts: on its own, or with the groups that k-means finds among the latents; the latents judge.

A manifold draws groups apart, but where they lie in it is partly chance. An algorithm that draws its own starts there
may join two groups, split a third, and still reach its best criterion; among the latents such groups lie apart. Where
k-means of the latents is the one that goes astray, its clusters are not well separated there either. So both are
tried, and the silhouette among the latents, which neither start and no clusterer on the manifold optimises, decides.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from pipeline.artifacts.base import Float, Int
from pipeline.errors import UserError
from pipeline.sampling import drawn
from pipeline.separation import silhouette_score

TRIES = 10
"""Starts of the k-means among the latents; the best inertia wins."""

JUDGED = 5_000
"""Images, drawn with the seed, whose silhouette is measured: all pairs of them are."""


def fit(estimator: Any, k: int, latents: Float, points: Float, seed: int) -> tuple[Any, Int, list[str]]:
    """Return a fitted estimator, its labels (n,) and what must be said: from its own starts, or from the latents'.

    `latents` (n, l) and `points` (n, d) are the same images. Whichever labels are better separated among the latents
    are returned; those started from the latents where both are alike.
    """
    from sklearn.base import clone

    started = clone(estimator)
    begin(started, k, latents, points, seed)
    labels = np.asarray(started.fit_predict(points), np.int32)
    own = np.asarray(estimator.fit_predict(points), np.int32)
    theirs, its = (separation(latents, found, seed) for found in (labels, own))
    if its <= theirs:
        return started, labels, []
    said = f"its own starts give clusters that lie apart among the latents (silhouette {its:.4f}) better than"
    return estimator, own, [f"{said} those started there ({theirs:.4f})"]


def separation(latents: Float, labels: Int, seed: int) -> float:
    """Return the silhouette in [−1, 1] of labels (n,) among the latents (n, l), −1 where there is no such thing.

    Measured on at most 5,000 seeded rows.
    """
    rows = drawn(len(labels), JUDGED, seed)
    found = silhouette_score(latents[rows], labels[rows])
    return -1.0 if np.isnan(found) else found


def begin(estimator: Any, k: int, latents: Float, points: Float, seed: int) -> None:
    """Let the estimator start, once, with `k` groups of the images by their latents (n, l) and features (n, d).

    Raises:
        UserError: the latents have fewer than `k` distinct groups, or the estimator takes no start.
    """
    takes = estimator.get_params()
    if not {"means_init", "init"} & set(takes):
        raise UserError(f"cluster.start = latents: {type(estimator).__name__} takes no start; set cluster.start=own")
    groups = partition(k, latents, points, seed)
    if "means_init" in takes:
        shapes = precisions(points, groups, takes["covariance_type"], takes["reg_covar"])
        weights = np.bincount(groups) / len(groups)
        estimator.set_params(means_init=means(points, groups), precisions_init=shapes, weights_init=weights, n_init=1)
    else:
        estimator.set_params(init=means(points, groups), n_init=1)


def partition(k: int, latents: Float, points: Float, seed: int) -> Int:
    """Return groups (n,) from 0 to k − 1: k-means of the latents (n, l), then k-means of the points (n, d) from there.

    The second step moves what lies with another group on the manifold; it makes no start of its own.
    """
    from sklearn.cluster import KMeans

    found = KMeans(k, n_init=TRIES, random_state=seed).fit_predict(np.asarray(latents))
    distinct = len(np.unique(found))
    if distinct < k:
        raise UserError(
            f"cluster.start = latents: the latents have only {distinct:,} distinct groups, {k:,} are wanted; train "
            f"longer, lower cluster.k, or set cluster.start=own"
        )
    return np.asarray(KMeans(k, init=means(points, found), n_init=1).fit_predict(points), np.int32)


def means(points: Float, groups: Int) -> Float:
    """Return the mean (k, d) of each group's points (n, d)."""
    return np.stack([points[groups == group].mean(axis=0) for group in range(int(groups.max()) + 1)])


def precisions(points: Float, groups: Int, kind: str, floor: float) -> Any:
    """Return the inverse covariances of the groups, shaped as a Gaussian mixture with covariances of that `kind` asks.

    `kind` is full (k, d, d), tied (d, d), diag (k, d) or spherical (k,); `floor` is added to the variances.
    """
    wide = np.asarray(points, np.float64)
    centred = [wide[groups == group] - wide[groups == group].mean(axis=0) for group in range(int(groups.max()) + 1)]
    full = np.stack([part.T @ part / len(part) for part in centred]) + floor * np.eye(wide.shape[1])
    variances = np.diagonal(full, axis1=1, axis2=2)
    shaped: dict[str, Callable[[], Any]] = {
        "full": lambda: np.linalg.inv(full),
        "tied": lambda: np.linalg.inv(np.average(full, axis=0, weights=np.bincount(groups))),
        "diag": lambda: 1 / variances,
        "spherical": lambda: 1 / variances.mean(axis=1),
    }
    return shaped[kind]()
