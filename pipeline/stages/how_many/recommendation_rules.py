"""Rules that choose a number of clusters from the values of a validity index: pure functions of arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.floating[Any]]


def depth_below_chord(ks: Sequence[int], inertia: Values) -> Values:
    """Return how far each point of the inertia curve (k,) lies below the chord from its first to its last point.

    The depth is 1 − x − y with both axes scaled to [0, 1], 0 above the chord; the elbow is where it is largest. The
    elbow depends on the range of k, and smooth curves have one too. Source: Satopää et al., "Finding a 'kneedle' in a
    haystack", 2011, without their smoothing, as inertia curves have little noise.
    """
    x = (np.asarray(ks, float) - ks[0]) / max(ks[-1] - ks[0], 1)
    fall = float(inertia[0] - inertia[-1])
    if fall <= 0:
        return np.zeros(len(ks))
    return np.asarray(np.maximum(1 - x - (inertia - inertia[-1]) / fall, 0))


def gap_statistic(log_inertia: Values, log_references: Values) -> tuple[Values, Values]:
    """Return the gap statistic (k,) and its error (k,), from the log inertia (k,) of the data and (b, k) of references.

    The gap is mean(references) − data; its error is the standard deviation of the references times √(1 + 1/b). Higher
    gaps are better. Source: Tibshirani, Walther, Hastie, "Estimating the number of clusters in a data set via the gap
    statistic", 2001.
    """
    error = log_references.std(axis=0) * np.sqrt(1 + 1 / len(log_references))
    return log_references.mean(axis=0) - log_inertia, error


def first_within_error(ks: Sequence[int], values: Values, errors: Values) -> int | None:
    """Return the smallest k whose value is at least the next value minus the next error; None if there is none.

    Source: Tibshirani, Walther, Hastie 2001 (the 1-standard-error rule of the gap statistic).
    """
    is_enough = values[:-1] >= values[1:] - errors[1:]
    return int(ks[int(is_enough.argmax())]) if is_enough.any() else None


def last_within_error(ks: Sequence[int], values: Values, errors: Values) -> int | None:
    """Return the largest k whose value is within one error of the highest value; None if no value is finite.

    For stability: merged clusters are as stable as their parts, so of equally stable numbers the largest says most.
    """
    if not np.isfinite(values).any():
        return None
    peak = int(np.nanargmax(values))
    return int(ks[int(np.flatnonzero(values >= values[peak] - errors[peak]).max())])


def highest_value(ks: Sequence[int], values: Values) -> int | None:
    """Return the k with the highest value, the smallest of ties; None if no value is finite."""
    return int(ks[int(np.nanargmax(values))]) if np.isfinite(values).any() else None


def lowest_value(ks: Sequence[int], values: Values) -> int | None:
    """Return the k with the lowest value, the smallest of ties; None if no value is finite."""
    return highest_value(ks, -values)


def deepest_point(ks: Sequence[int], depths: Values) -> int | None:
    """Return the k with the largest depth below the chord; None if the curve has no elbow."""
    return highest_value(ks, depths) if depths.any() else None
