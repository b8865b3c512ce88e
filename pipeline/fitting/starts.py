"""Where a clusterer starts: with groups that are there already, such as those that k-means finds among the latents."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from pipeline.artifacts.base import Float, Int
from pipeline.errors import UserError

TRIES = 10
"""Starts of the k-means among the latents; the best inertia wins."""


def startable(estimator: Any) -> bool:
    """Return whether the estimator can be told where to start."""
    return bool({"means_init", "init"} & set(estimator.get_params()))


def begin(estimator: Any, groups: Int, points: Any) -> None:
    """Let a startable estimator start, once, with `groups` (m,) from 0 to k − 1 of the points (m, d), all in use."""
    takes = estimator.get_params()
    if "means_init" in takes:
        shapes = precisions(points, groups, takes["covariance_type"], takes["reg_covar"])
        weights = np.bincount(groups) / len(groups)
        estimator.set_params(means_init=means(points, groups), precisions_init=shapes, weights_init=weights, n_init=1)
    else:
        estimator.set_params(init=means(points, groups), n_init=1)


def partition(k: int, latents: Float, points: Float, seed: int) -> Int:
    """Return groups (n,) from 0 to k − 1: k-means of the latents (n, l), then k-means of the points (n, d) from there.

    The second step moves what lies with another group on the manifold; it makes no start of its own.

    Raises:
        UserError: the latents have fewer than `k` distinct groups.
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


def means(points: Any, groups: Int) -> Float:
    """Return the mean (k, d) of each group's points (n, d)."""
    return np.stack([points[groups == group].mean(axis=0) for group in range(int(groups.max()) + 1)])


def precisions(points: Any, groups: Int, kind: str, floor: float) -> Any:
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
