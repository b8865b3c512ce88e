"""Swaps: leave a local optimum by merging two clusters and splitting a third, and keep what fits better.

Lloyd's algorithm and EM only ever improve their criterion. If one cluster covers two groups and two clusters share a
third, no single step improves it, and so few random initialisations avoid this state that dozens may not help. A swap
does. Which ones are promising can be computed cluster by cluster: what a cluster gains if two take its place, and what
a pair loses if one does. scikit-learn has no such search.

Source: Ueda, Nakano, Ghahramani, Hinton, "SMEM algorithm for mixture models", 2000; for k-means Fränti, "Efficiency of
random swap clustering", 2018, which compares with such deterministic swaps. Here a cluster is split by the best of
several random starts: the two groups of a long cluster may lie side by side, which one start of k-means does not find.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from pipeline.artifacts.base import Float, Int
from pipeline.clustering.initialization import group_means, set_initialization, set_random_initialization
from pipeline.runtime.sampling import sample_rows

SAMPLE_PER_CLUSTER, SMALLEST_SAMPLE, LARGEST_SAMPLE = 300, 2_000, 8_000
"""Number of points per cluster, drawn with the seed, on which swaps are tried, and limits of their total."""

STEPS = 50
"""Number of iterations after a swap before it is judged."""

STARTS = 10
"""Number of random starts that split a cluster in two; the best one counts."""

NEAREST = 5
"""A cluster is merged with one of so many nearest ones."""

PATIENCE = 5
"""Number of swaps without success after which the next ones, which promise less, are not tried."""

ATTEMPTS = 3
"""Number of rankings without success, each with other random splits, after which the search ends."""


class _Fit(NamedTuple):
    """An estimator and its labels (n,) of the sample."""

    estimator: Any
    labels: Int


@dataclass(frozen=True)
class _Swap:
    """A cluster to split, with an estimator of its halves, and two others to merge."""

    split: int
    halves: Any
    merged: tuple[int, int]

    @property
    def clusters(self) -> set[int]:
        return {self.split, *self.merged}

    def groups(self, labels: Int, points: Float) -> Int:
        """The labels (n,) after the swap."""
        kept, freed = self.merged
        groups = np.where(labels == freed, kept, labels)
        rows = np.flatnonzero(labels == self.split)
        groups[rows[self.halves.predict(points[rows]) == 1]] = freed
        return groups


def improve_by_swaps(
    estimator: Any, labels: Int, points: Float, swaps: int, seed: int, on_swap: Callable[[int], None] | None = None
) -> tuple[Any, Int]:
    """Return an estimator with a better criterion and its labels (n,) int32, or the given ones if no swap helped.

    `estimator` was fitted to the `points` (n, d) and gave the `labels` (n,). It supports initialisation, and its
    criterion is the likelihood of a mixture or the inertia of k-means. At most `swaps` are tried, the most promising
    ones first; fewer if five in a row do not help, with each of three rankings. `on_swap` is called with the number of
    swaps done. Limitations: a better criterion need not mean a better grouping; the search is greedy, so seeds may end
    in different optima; if the sample holds too few points of a cluster, it changes nothing; and 50 clusters take
    minutes.
    """
    from sklearn.base import clone

    k = len(_centres(estimator))
    size = int(np.clip(SAMPLE_PER_CLUSTER * k, SMALLEST_SAMPLE, LARGEST_SAMPLE))
    rows = sample_rows(len(points), size, seed)
    sample: Any = np.asarray(points[rows], np.float64)  # a narrow covariance may have no inverse in 32 bits
    start = _fit_groups(estimator, labels[rows], sample)
    best = start and _search(start, sample, swaps, seed, on_swap)
    if best is None or best is start:
        return estimator, labels
    refitted = clone(estimator)
    set_initialization(refitted, best.labels, sample)
    new_labels = np.asarray(refitted.fit_predict(points), np.int32)
    return (refitted, new_labels) if criterion(refitted) > criterion(estimator) else (estimator, labels)


def _search(best: _Fit, points: Float, swaps: int, seed: int, on_swap: Callable[[int], None] | None) -> _Fit:
    """The best fit that swaps lead to. After a success, swaps of other clusters come next; then a new ranking."""
    tried, ranking, attempts = 0, 0, 0
    while attempts < ATTEMPTS and tried < swaps:
        failures, changed = 0, set[int]()
        for swap in _ranked_swaps(best, points, (seed + ranking) % 2**32):
            if swap.clusters & changed:
                continue
            if failures == PATIENCE or tried == swaps:
                break
            trial = _fit_groups(best.estimator, swap.groups(best.labels, points), points)
            tried += 1
            if on_swap:
                on_swap(tried)
            if trial is None or criterion(trial.estimator) <= criterion(best.estimator):
                failures += 1
            else:
                best, failures = trial, 0
                changed |= swap.clusters
        attempts = 0 if changed else attempts + 1
        ranking += 1
    return best


def _ranked_swaps(fit: _Fit, points: Float, seed: int) -> Iterator[_Swap]:
    """The possible swaps, first those whose gain by the split exceeds the loss by the merge the most."""
    groups = [points[fit.labels == cluster] for cluster in range(len(_centres(fit.estimator)))]
    single = [_total(_refit(fit.estimator, 1, group, seed).estimator, group) for group in groups]
    halves = {cluster: _halves(fit.estimator, group, seed) for cluster, group in enumerate(groups)}
    gains = {
        cluster: _total(pair, groups[cluster]) - single[cluster] for cluster, pair in halves.items() if pair is not None
    }
    losses = {
        (a, b): single[a] + single[b] - _total(_refit(fit.estimator, 1, both, seed).estimator, both)
        for a, b in _near_pairs(group_means(points, fit.labels))
        for both in [np.concatenate([groups[a], groups[b]])]
    }
    ranked = sorted(
        ((gain - loss, cluster, pair) for cluster, gain in gains.items() for pair, loss in losses.items()), reverse=True
    )
    yield from (_Swap(cluster, halves[cluster], pair) for _, cluster, pair in ranked if cluster not in pair)


def _near_pairs(centres: Float) -> list[tuple[int, int]]:
    """Each cluster with its nearest ones, in order and without repetition."""
    from sklearn.metrics import pairwise_distances

    nearest = np.argsort(pairwise_distances(centres), axis=1, kind="stable")[:, 1 : NEAREST + 1]
    return sorted({(min(a, int(b)), max(a, int(b))) for a, near in enumerate(nearest) for b in near})


def _halves(estimator: Any, group: Float, seed: int) -> Any:
    """An estimator of the group's two halves, or None if one of them is too small."""
    smallest = _smallest_group(group)
    if len(group) < 2 * smallest:
        return None
    pair = _refit(estimator, 2, group, seed)
    return pair.estimator if np.bincount(pair.labels, minlength=2).min() >= smallest else None


def _refit(estimator: Any, k: int, points: Float, seed: int) -> _Fit:
    """A copy of the estimator with `k` clusters, fitted from random starts."""
    from sklearn.base import clone

    copy = clone(estimator).set_params(max_iter=STEPS)
    set_random_initialization(copy, k, 1 if k == 1 else STARTS, seed)
    return _quiet(copy, points)


def _fit_groups(estimator: Any, groups: Int, points: Float) -> _Fit | None:
    """A copy of the estimator, fitted for a few iterations from the groups; None if a cluster is too small to fit."""
    from sklearn.base import clone

    k, smallest = len(_centres(estimator)), _smallest_group(points)
    if np.bincount(groups, minlength=k).min() < smallest:
        return None
    copy = clone(estimator).set_params(max_iter=STEPS)
    set_initialization(copy, groups, points)
    fit = _quiet(copy, points)
    return fit if np.bincount(fit.labels, minlength=k).min() >= smallest else None


def _quiet(estimator: Any, points: Float) -> _Fit:
    """Fit the estimator without the warning that it did not converge."""
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return _Fit(estimator, np.asarray(estimator.fit_predict(points), np.int32))


def _smallest_group(points: Float) -> int:
    """The smallest number of points that have a covariance; the likelihood of fewer is unbounded."""
    return int(points.shape[1]) + 1


def _centres(estimator: Any) -> Float:
    """The centres (k, d) of a fitted mixture or k-means."""
    return np.asarray(estimator.means_ if hasattr(estimator, "means_") else estimator.cluster_centers_)


def _total(estimator: Any, points: Float) -> float:
    """The criterion of a fitted estimator, summed over its points: the likelihood bound of a mixture is a mean."""
    return criterion(estimator) * (len(points) if hasattr(estimator, "lower_bound_") else 1)


def criterion(estimator: Any) -> float:
    """Return what a fitted estimator maximises: the likelihood bound of a mixture, the negative inertia of k-means.

    It is 0 of an estimator that has neither, so that none of its fits is better than another.
    """
    return float(getattr(estimator, "lower_bound_", -getattr(estimator, "inertia_", 0.0)))
