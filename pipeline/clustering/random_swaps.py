"""Random swaps: leave a local optimum by moving one centre to a random point, and keep what fits better.

Lloyd's algorithm and EM only ever improve their criterion. If one cluster covers two groups and two clusters share a
third, no single step improves it, and so few random initialisations avoid this state that dozens may not help. Moving
one centre to the right place does. scikit-learn has no such search.

Source: Fränti, "Efficiency of random swap clustering", 2018; for mixtures Zhao, Hautamäki, Kärkkäinen, Fränti, "Random
swap EM algorithm for Gaussian mixture models", 2012.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from pipeline.artifacts.base import Float, Int
from pipeline.clustering.initialization import set_initialization
from pipeline.runtime.sampling import sample_rows

STEPS = 5
"""Number of iterations after a swap before it is judged. Fränti takes two of k-means; EM converges more slowly."""

SAMPLE = 2_000
"""Number of points, drawn with the seed, on which swaps are tried; the best fit is then continued on all points."""


def random_swaps(
    estimator: Any, labels: Int, points: Float, swaps: int, seed: int, on_swap: Callable[[int], None] | None = None
) -> tuple[Any, Int]:
    """Return an estimator with a better criterion and its labels (n,) int32, or the given ones if no swap helped.

    `estimator` was fitted to the `points` (n, d) and gave the `labels` (n,). It supports initialisation, and its
    criterion is the likelihood of a mixture or the inertia of k-means. `on_swap` is called with the number of swaps
    done. Limitations: a better criterion need not mean a better grouping; the search is greedy, so seeds may end in
    different optima; with so many clusters that the sample holds too few points of each it changes nothing.
    """
    from sklearn.base import clone
    from sklearn.metrics import pairwise_distances_argmin

    rows, rng = sample_rows(len(points), SAMPLE, seed), np.random.default_rng(seed)
    sample = np.asarray(points[rows], np.float64)  # a narrow covariance may have no inverse in 32 bits
    best, swapped = _short_fit(estimator, sample, labels[rows]), None
    for swap in range(1, swaps + 1):
        centres = _centres(swapped or estimator).copy()
        centres[rng.integers(len(centres))] = sample[rng.integers(len(sample))]
        trial = _short_fit(estimator, sample, pairwise_distances_argmin(sample, centres))
        if trial is not None and (best is None or criterion(trial) > criterion(best)):
            best = swapped = trial
        if on_swap:
            on_swap(swap)
    if swapped is None:
        return estimator, labels
    refitted = clone(estimator)
    set_initialization(refitted, np.asarray(swapped.predict(sample), np.int32), sample)
    new_labels = np.asarray(refitted.fit_predict(points), np.int32)
    return (refitted, new_labels) if criterion(refitted) > criterion(estimator) else (estimator, labels)


def _short_fit(estimator: Any, points: Any, groups: Int) -> Any:
    """A copy of the estimator, fitted for a few iterations from the groups; None if a group is too small to fit."""
    from sklearn.base import clone
    from sklearn.exceptions import ConvergenceWarning

    k, min_size = len(_centres(estimator)), points.shape[1] + 1
    if np.bincount(groups, minlength=k).min() < min_size:
        return None
    trial = clone(estimator).set_params(max_iter=STEPS)
    set_initialization(trial, groups, points)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        labels = trial.fit_predict(points)
    return trial if np.bincount(labels, minlength=k).min() >= min_size else None


def _centres(estimator: Any) -> Float:
    """The centres (k, d) of a fitted mixture or k-means."""
    return np.asarray(estimator.means_ if hasattr(estimator, "means_") else estimator.cluster_centers_)


def criterion(estimator: Any) -> float:
    """Return what a fitted estimator maximises: the likelihood bound of a mixture, the negative inertia of k-means.

    It is 0 of an estimator that has neither, so that none of its fits is better than another.
    """
    return float(getattr(estimator, "lower_bound_", -getattr(estimator, "inertia_", 0.0)))
