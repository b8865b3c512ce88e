"""Random swaps: leave a local optimum by moving one cluster's centre to any point, and keep what fits better.

Lloyd's algorithm and EM only go uphill. Where one cluster covers two groups and two share a third, no step is uphill,
and of random starts so few avoid it that dozens may not help; one centre moved to the right place does.

Source: Fränti, "Efficiency of random swap clustering", 2018; for mixtures Zhao, Hautamäki, Kärkkäinen, Fränti, "Random
swap EM algorithm for Gaussian mixture models", 2012.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from pipeline.artifacts.base import Float, Int
from pipeline.fitting.starts import begin
from pipeline.sampling import drawn

STEPS = 5
"""Iterations after a swap before it is judged. Fränti takes two of k-means; EM is slower."""

SAMPLE = 2_000
"""Images, drawn with the seed, among which swaps are tried; what is better there is finished on all of them."""


def improve(
    estimator: Any, labels: Int, points: Float, swaps: int, seed: int, after: Callable[[int], None] | None = None
) -> tuple[Any, Int]:
    """Return the estimator and its labels (n,) after random swaps: a better fit of the points (n, d), or itself.

    `estimator` is fitted, takes a start, and has either centres and an inertia or means and a likelihood; better is the
    criterion that it optimises itself. `after` is told how many of the `swaps` are done. Known weaknesses: what fits
    better need not be the better grouping; it is greedy, so another seed may end in another optimum; and where there
    are so many clusters that the sample holds too few of each, it changes nothing.
    """
    from sklearn.base import clone
    from sklearn.metrics import pairwise_distances_argmin

    rows, rng = drawn(len(points), SAMPLE, seed), np.random.default_rng(seed)
    some = np.asarray(points[rows], np.float64)  # in 32 bits a narrow covariance may have no inverse
    best, kept = _tried(estimator, some, labels[rows]), None
    for swap in range(1, swaps + 1):
        moved = _centres(kept or estimator).copy()
        moved[rng.integers(len(moved))] = some[rng.integers(len(some))]
        trial = _tried(estimator, some, pairwise_distances_argmin(some, moved))
        if trial is not None and (best is None or _goodness(trial) > _goodness(best)):
            best = kept = trial
        if after:
            after(swap)
    if kept is None:
        return estimator, labels
    finished = clone(estimator)
    begin(finished, np.asarray(kept.predict(some), np.int32), some)
    found = np.asarray(finished.fit_predict(points), np.int32)
    return (finished, found) if _goodness(finished) > _goodness(estimator) else (estimator, labels)


def _tried(estimator: Any, points: Any, groups: Int) -> Any:
    """The estimator a few iterations after these groups; None where one of them is too small to have a shape."""
    from sklearn.base import clone
    from sklearn.exceptions import ConvergenceWarning

    k, least = len(_centres(estimator)), points.shape[1] + 1
    if np.bincount(groups, minlength=k).min() < least:
        return None
    trial = clone(estimator).set_params(max_iter=STEPS)
    begin(trial, groups, points)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        found = trial.fit_predict(points)
    return trial if np.bincount(found, minlength=k).min() >= least else None


def _centres(estimator: Any) -> Float:
    return np.asarray(estimator.means_ if hasattr(estimator, "means_") else estimator.cluster_centers_)


def _goodness(estimator: Any) -> float:
    """What the estimator maximises."""
    return float(estimator.lower_bound_ if hasattr(estimator, "lower_bound_") else -estimator.inertia_)
