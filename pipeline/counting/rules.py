"""What each index recommends: pure functions from its values over k to one k."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.floating[Any]]


def below_chord(ks: Sequence[int], inertia: Values) -> Values:
    """Return how far each point of the inertia (k,) lies below the chord from its first to its last, in [0, 1].

    1 − x − y with both axes scaled to [0, 1]; where that is largest, the curve has its elbow. Weakness: it depends on
    the range, and a smooth curve has an elbow too. Source: Satopää et al., "Finding a 'kneedle' in a haystack", 2011,
    without their smoothing, as these curves hardly need any.
    """
    x = (np.asarray(ks, float) - ks[0]) / max(ks[-1] - ks[0], 1)
    fall = float(inertia[0] - inertia[-1])
    if fall <= 0:
        return np.zeros(len(ks))
    return np.asarray(np.maximum(1 - x - (inertia - inertia[-1]) / fall, 0))


def gap(log_inertia: Values, log_references: Values) -> tuple[Values, Values]:
    """Return the gap statistic (k,) and its error (k,), from the log inertia (k,) of the data and (b, k) of references.

    Gap = mean over references − data; its error is the references' standard deviation times √(1 + 1/b). Higher is
    better. Source: Tibshirani, Walther, Hastie, "Estimating the number of clusters via the gap statistic", 2001.
    """
    spread = log_references.std(axis=0) * np.sqrt(1 + 1 / len(log_references))
    return log_references.mean(axis=0) - log_inertia, spread


def first_within_error(ks: Sequence[int], values: Values, errors: Values) -> int | None:
    """Return the smallest k whose gap is at least the next one's less the next one's error; None where none is.

    Source: Tibshirani, Walther, Hastie 2001 (the 1-standard-error rule).
    """
    enough = values[:-1] >= values[1:] - errors[1:]
    return int(ks[int(enough.argmax())]) if enough.any() else None


def last_within_error(ks: Sequence[int], values: Values, errors: Values) -> int | None:
    """Return the largest k whose value is within one error of the best: merged clusters are as stable as themselves."""
    if not np.isfinite(values).any():
        return None
    best = int(np.nanargmax(values))
    return int(ks[int(np.flatnonzero(values >= values[best] - errors[best]).max())])


def best(ks: Sequence[int], values: Values) -> int | None:
    """Return the k with the highest value, the smallest of equals; None where there is no value."""
    return int(ks[int(np.nanargmax(values))]) if np.isfinite(values).any() else None


def lowest(ks: Sequence[int], values: Values) -> int | None:
    """Return the k with the lowest value, the smallest of equals; None where there is no value."""
    return best(ks, -values)


def deepest(ks: Sequence[int], depths: Values) -> int | None:
    """Return the k whose point lies farthest below the chord; None where the curve has no bend."""
    return best(ks, depths) if depths.any() else None
