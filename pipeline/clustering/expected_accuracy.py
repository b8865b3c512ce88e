"""The accuracy to expect of a clustering, estimated without labels."""

from __future__ import annotations

import math
from typing import NamedTuple


class Coefficients(NamedTuple):
    """The logit of the expected accuracy is `intercept + slope · (silhouette + agreement) / 2`."""

    intercept: float
    slope: float


FITTED = Coefficients(-2.8181, 5.9889)
"""Fitted by `python -m tests.benchmarks.expected_accuracy`; a test holds them to its record."""
TYPICAL_ERROR = 0.081
"""Mean difference from the accuracy, on data sets that the coefficients were not fitted to."""


def expected_accuracy(silhouette: float, agreement: float, coefficients: Coefficients = FITTED) -> float:
    """Return the accuracy in (0, 1) that clusterings with this silhouette and agreement had in trials.

    `silhouette` in [−1, 1] is that of the clusters in UMAP's manifold, `agreement` of at most 1 the mean ARI of the
    clusters with those of other seeds on a sample. Only their mean is used, because they rise and fall together, so
    that the trials do not tell their weights. Estimated by logistic regression on clusterings of handwritten and
    printed characters, with as many clusters as classes. Limitations: it is often off by `TYPICAL_ERROR`; it does not
    see that clusters follow another property than the classes that a person has in mind, such as colour in place of
    shape; it is too high where the silhouette chose the number of clusters.
    """
    logit = coefficients.intercept + coefficients.slope * (silhouette + agreement) / 2
    return 1 / (1 + math.exp(-logit))
