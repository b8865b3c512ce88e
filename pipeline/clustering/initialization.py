"""Initialise a clusterer with given groups, such as those that k-means finds among the latents."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from pipeline.artifacts.base import Float, Int
from pipeline.clustering.size_rules import NUMBERS_OF_CLUSTERS
from pipeline.runtime.errors import UserError
from pipeline.runtime.sampling import sample_rows

N_INIT, SAMPLE = 50, 3000
"""Initialisations of k-means among the latents, on a sample of so many images; the lowest inertia wins.

With 10 initialisations on all images, some starts on rendered letters are poor local optima, and it takes longer.
"""


def supports_initialization(estimator: Any) -> bool:
    """Return whether the estimator can start from given means or centres."""
    return hasattr(estimator, "get_params") and bool({"means_init", "init"} & set(estimator.get_params()))


def set_initialization(estimator: Any, groups: Int, points: Any) -> None:
    """Set the estimator's parameters so that it starts, once, from these groups.

    `groups` (n,) are the groups of the `points` (n, d), from 0 to k − 1, none of them empty. A Gaussian mixture gets
    their means, precisions and weights, any other estimator their means. The estimator is changed in place.
    """
    parameters = estimator.get_params()
    if "means_init" in parameters:
        precisions = group_precisions(points, groups, parameters["covariance_type"], parameters["reg_covar"])
        weights = np.bincount(groups) / len(groups)
        estimator.set_params(
            means_init=group_means(points, groups), precisions_init=precisions, weights_init=weights, n_init=1
        )
    else:
        estimator.set_params(init=group_means(points, groups), n_init=1)


def set_random_initialization(estimator: Any, k: int, n_init: int, seed: int) -> None:
    """Set the estimator's parameters so that it finds `k` clusters, from the best of `n_init` starts at random points.

    The estimator, which supports initialisation, is changed in place; groups that it started from are forgotten.
    """
    parameters = estimator.get_params()
    if "means_init" in parameters:
        own = {"means_init": None, "precisions_init": None, "weights_init": None, "init_params": "random_from_data"}
    else:
        own = {"init": "random"}
    number = {name: k for name in NUMBERS_OF_CLUSTERS if name in parameters}
    estimator.set_params(**own, **number, n_init=n_init, random_state=seed)


def initial_groups(k: int, latents: Float, points: Float, seed: int) -> Int:
    """Return groups (n,) int32 from 0 to k − 1: k-means of the latents (n, l), refined by k-means of the points (n, d).

    k-means of the latents starts from the best of many fits of a sample. That of the points starts from its groups, and
    moves points that lie with another group on the manifold.

    Raises:
        UserError: the latents have fewer than `k` distinct groups.
    """
    from sklearn.cluster import KMeans

    latents = np.asarray(latents)
    sample = latents[sample_rows(len(latents), max(SAMPLE, 30 * k), seed)]
    centres = KMeans(k, n_init=N_INIT, random_state=seed).fit(sample).cluster_centers_
    groups = KMeans(k, init=centres, n_init=1).fit_predict(latents)
    n_groups = len(np.unique(groups))
    if n_groups < k:
        raise UserError(
            f"cluster.start = latents: cluster.k = {k:,}, but the latents have only {n_groups:,} distinct groups; "
            f"train longer, lower cluster.k, or set cluster.start=own"
        )
    return np.asarray(KMeans(k, init=group_means(points, groups), n_init=1).fit_predict(points), np.int32)


def group_means(points: Any, groups: Int) -> Float:
    """Return the mean (k, d) of each group's points (n, d)."""
    return np.stack([points[groups == group].mean(axis=0) for group in range(int(groups.max()) + 1)])


def group_precisions(points: Any, groups: Int, covariance_type: str, reg_covar: float) -> Any:
    """Return the inverse covariances of the groups in the shape that a Gaussian mixture expects.

    `points` are (n, d), `groups` (n,). The shape is (k, d, d) for a `covariance_type` of full, (d, d) for tied, (k, d)
    for diag and (k,) for spherical. `reg_covar` is added to the variances.
    """
    points = np.asarray(points, np.float64)
    centred = [points[groups == group] - points[groups == group].mean(axis=0) for group in range(int(groups.max()) + 1)]
    full = np.stack([part.T @ part / len(part) for part in centred]) + reg_covar * np.eye(points.shape[1])
    variances = np.diagonal(full, axis1=1, axis2=2)
    precisions: dict[str, Callable[[], Any]] = {
        "full": lambda: np.linalg.inv(full),
        "tied": lambda: np.linalg.inv(np.average(full, axis=0, weights=np.bincount(groups))),
        "diag": lambda: 1 / variances,
        "spherical": lambda: 1 / variances.mean(axis=1),
    }
    if covariance_type not in precisions:
        raise UserError(f"cluster.estimator.covariance_type = {covariance_type!r}: choose from {', '.join(precisions)}")
    return precisions[covariance_type]()
