"""How much of a code belongs to each centre, and how much of it should."""

from __future__ import annotations

from typing import Any

import numpy as np
from keras import ops

from pipeline.artifacts.base import Float


def soft_assignment(codes: Any, centres: Any, alpha: float = 1.0) -> Any:
    """Return q (n, k) in (0, 1], rows that sum to 1: how near codes (n, d) are to each of the centres (k, d).

    q_ij ∝ (1 + ‖z_i − μ_j‖² / α)^(−(α + 1) / 2), Student's t with α degrees of freedom. The largest is always that of
    the nearest centre. Source: Xie, Girshick, Farhadi, "Unsupervised Deep Embedding for Clustering Analysis", 2016.
    """
    squared = ops.sum(ops.square(ops.expand_dims(codes, 1) - ops.expand_dims(centres, 0)), axis=2)
    near = ops.power(1.0 + squared / alpha, -(alpha + 1.0) / 2.0)
    return near / ops.sum(near, axis=1, keepdims=True)


def target_distribution(assigned: Float) -> Float:
    """Return p (n, k) float32, rows that sum to 1: the soft assignment q (n, k), sharpened.

    p_ij ∝ q_ij² / f_j with f_j = Σ_i q_ij: what is sure becomes surer, and a large cluster draws no more than a small
    one. Source: Xie, Girshick, Farhadi 2016.
    """
    q = np.asarray(assigned, np.float64)
    sharpened = q**2 / q.sum(axis=0)
    return np.asarray(sharpened / sharpened.sum(axis=1, keepdims=True), np.float32)
