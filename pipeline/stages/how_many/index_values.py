"""The values of the validity indices for one number of clusters."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.artifacts.base import Float
from pipeline.clustering.agreement import pairwise_ari

LEAST_INERTIA = 1e-12
"""Lower bound of the inertia, so that its logarithm is finite where clusters are single points."""


@dataclass(frozen=True)
class IndexValues:
    """Computes the indices for any k on the same points (s, p), resamples and reference data.

    `n_init` are the k-means++ starts of each fit, `references` the uniform data sets behind the gap statistic and
    `bootstraps` the resamples behind the stability.
    """

    points: Float
    n_init: int
    references: int
    bootstraps: int
    seed: int

    def inertia(self, k: int, points: Float | None = None) -> tuple[float, Any]:
        """Return the inertia of k-means with k clusters and the fitted estimator, on `points` or on all points."""
        from sklearn.cluster import KMeans
        from sklearn.exceptions import ConvergenceWarning

        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # fewer distinct points than k: no better is possible
            estimator = KMeans(k, n_init=self.n_init, random_state=self.seed)
            estimator.fit(self.points if points is None else points)
        return max(float(estimator.inertia_), LEAST_INERTIA), estimator

    def log_references(self, k: int) -> NDArray[np.float64]:
        """Return the log inertia (b,) of data sets drawn uniformly from the bounding box of the points.

        The box is aligned with the principal components of the points. Source: Tibshirani, Walther, Hastie 2001,
        choice b.
        """
        from scipy.linalg import svd

        centred = self.points - self.points.mean(axis=0)
        # k-means depends on distances only, so the references may stay in the rotated space.
        rotated = centred @ svd(centred, full_matrices=False)[2].T
        low, high = rotated.min(axis=0), rotated.max(axis=0)
        log_inertias = []
        for index in range(self.references):
            reference = np.random.default_rng((self.seed, index)).uniform(low, high, rotated.shape)
            log_inertias.append(np.log(self.inertia(k, reference.astype(np.float32))[0]))
        return np.array(log_inertias)

    def bic(self, k: int) -> tuple[float, bool]:
        """Return the BIC of a mixture of k Gaussians with full covariances, and whether its fit converged.

        −2 · log likelihood + parameters · log s, lower is better; NaN if the fit failed. Source: Schwarz 1978; Fraley
        and Raftery 2002.
        """
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.mixture import GaussianMixture

        points = np.asarray(self.points, np.float64)
        mixture = GaussianMixture(k, n_init=self.n_init, init_params="k-means++", random_state=self.seed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # convergence is the second value returned
            try:
                mixture.fit(points)
            except ValueError:  # a component collapsed to points without variance
                return float("nan"), False
        return float(mixture.bic(points)), bool(mixture.converged_)

    def stability(self, k: int) -> tuple[float, float]:
        """Return the mean ARI of clusterings by k-means fitted on resamples of the points, and its standard error.

        Every pair of resamples gives an ARI. The error is the standard deviation of the ARIs over the root of the
        number of resamples, not of pairs, because pairs are not independent. Source: Fang and Wang, "Selection of the
        number of clusters via the bootstrap method", 2012.
        """
        clusterings = []
        for index in range(self.bootstraps):
            rows = np.random.default_rng((self.seed, index)).integers(0, len(self.points), len(self.points))
            clusterings.append(self.inertia(k, self.points[rows])[1].predict(self.points))
        agreement = pairwise_ari(clusterings)
        return float(agreement.mean()), float(agreement.std() / np.sqrt(self.bootstraps))
