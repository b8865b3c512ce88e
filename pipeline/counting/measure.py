"""The values of the indices at one k."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.artifacts.base import Float
from pipeline.repeating.agreement import pairwise

TINY = 1e-12
"""The least inertia, so that its logarithm is a number where clusters are single points."""


@dataclass(frozen=True)
class Measure:
    """Measures any k on the same points (s, p), with the same resamples and reference data for all of them."""

    points: Float
    starts: int
    references: int
    bootstraps: int
    seed: int

    def inertia(self, k: int, points: Float | None = None) -> tuple[float, Any]:
        """Return the inertia of k-means and the fitted estimator, on `points` in place of the own ones if given."""
        from sklearn.cluster import KMeans
        from sklearn.exceptions import ConvergenceWarning

        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # fewer distinct points than k: no better is possible
            estimator = KMeans(k, n_init=self.starts, random_state=self.seed)
            estimator.fit(self.points if points is None else points)
        return max(float(estimator.inertia_), TINY), estimator

    def log_references(self, k: int) -> NDArray[np.float64]:
        """Return the log inertia (b,) of data sets drawn uniformly from the box around the points.

        The box is aligned with the points' principal components. Source: Tibshirani, Walther, Hastie 2001, choice b.
        """
        from scipy.linalg import svd

        centred = self.points - self.points.mean(axis=0)
        # k-means sees distances alone, so the references may stay in the rotated space.
        rotated = centred @ svd(centred, full_matrices=False)[2].T
        low, high = rotated.min(axis=0), rotated.max(axis=0)
        found = []
        for place in range(self.references):
            drawn = np.random.default_rng((self.seed, place)).uniform(low, high, rotated.shape)
            found.append(np.log(self.inertia(k, drawn.astype(np.float32))[0]))
        return np.array(found)

    def bic(self, k: int) -> tuple[float, bool]:
        """Return the BIC of a mixture of k Gaussians with full covariances, and whether its fit converged.

        Lower is better: −2 log likelihood + parameters · log s. Source: Schwarz 1978; Fraley and Raftery 2002.
        """
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.mixture import GaussianMixture

        points = np.asarray(self.points, np.float64)
        mixture = GaussianMixture(k, n_init=self.starts, init_params="k-means++", random_state=self.seed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # it is handed back
            try:
                mixture.fit(points)
            except ValueError:  # a component shrank to points without any spread
                return float("nan"), False
        return float(mixture.bic(points)), bool(mixture.converged_)

    def stability(self, k: int) -> tuple[float, float]:
        """Return the mean ARI of the points' clusters by k-means fitted on resamples of them, and its standard error.

        Each pair of resamples gives an ARI; the error is their standard deviation over the root of the resamples, not
        of the pairs, which are not independent. Source: Fang and Wang, "Selection of the number of clusters via the
        bootstrap method", 2012.
        """
        found = []
        for place in range(self.bootstraps):
            rows = np.random.default_rng((self.seed, place)).integers(0, len(self.points), len(self.points))
            found.append(self.inertia(k, self.points[rows])[1].predict(self.points))
        agreement = pairwise(found)
        return float(agreement.mean()), float(agreement.std() / np.sqrt(self.bootstraps))
