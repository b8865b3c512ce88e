"""Whether the confidences of a clustering say how often its images are correct."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.artifacts.base import Float, Int
from pipeline.clustering.matching import match_clusters

BINS = 15
"""Bins of equal width in which confidence and accuracy are compared, as by Guo et al."""


@dataclass(frozen=True)
class Calibration:
    """Confidence and accuracy of labelled images, in bins of confidence that hold any images.

    `confidence` and `accuracy` (b,) are the means in each bin, in [0, 1], `counts` (b,) int64 the images in it.
    """

    confidence: NDArray[np.float64]
    accuracy: NDArray[np.float64]
    counts: NDArray[np.int64]

    @property
    def error(self) -> float:
        """Return the expected calibration error in [0, 1], NaN without images: the mean gap, weighted by images.

        Source: Guo et al., "On Calibration of Modern Neural Networks", 2017. Limitation: it depends on the bins, and
        gaps in opposite directions within a bin cancel.
        """
        if not self.counts.sum():
            return math.nan
        return float(np.average(np.abs(self.confidence - self.accuracy), weights=self.counts))


def labelled_confidence(labels: Int, clusters: Int, confidence: Float) -> tuple[Float, NDArray[np.bool_]]:
    """Return the confidence (m,) float32 of the labelled images in a cluster, and whether each is correct (m,) bool.

    `labels`, negative where unknown, `clusters`, negative for noise, and `confidence` are (n,). An image is correct if
    its cluster is matched with its class, one to one, as in the accuracy.
    """
    rows = np.flatnonzero((np.asarray(labels) >= 0) & (np.asarray(clusters) >= 0))
    if not len(rows):
        return np.empty(0, np.float32), np.empty(0, bool)
    return np.asarray(confidence)[rows], match_clusters(labels[rows], clusters[rows]).stayed


def measure_calibration(confidence: Float, is_correct: NDArray[np.bool_], bins: int = BINS) -> Calibration:
    """Compare the mean confidence with the share of correct images, in bins of equal width of confidence (n,)."""
    rows = np.minimum((np.clip(confidence, 0, 1) * bins).astype(int), bins - 1)
    counts = np.bincount(rows, minlength=bins)
    used = counts > 0
    confidence_sums = np.bincount(rows, np.asarray(confidence, np.float64), bins)[used]
    correct_counts = np.bincount(rows, is_correct, bins)[used]
    return Calibration(confidence_sums / counts[used], correct_counts / counts[used], counts[used])


def accuracy_at_coverage(confidence: Float, is_correct: NDArray[np.bool_], coverage: float = 0.9) -> float:
    """Return the share of correct images in [0, 1] among the most confident `coverage` of all images (n,).

    Of equally confident images at the border, each counts with the same weight. NaN without images. Source: Geifman
    and El-Yaniv, "Selective Classification for Deep Neural Networks", 2017.
    """
    if not len(is_correct):
        return math.nan
    size = math.ceil(coverage * len(is_correct))
    border = np.sort(confidence)[len(is_correct) - size]
    above, equal = confidence > border, confidence == border
    return float((is_correct[above].sum() + (size - above.sum()) * is_correct[equal].mean()) / size)
