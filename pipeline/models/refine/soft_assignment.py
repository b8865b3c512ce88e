"""The soft assignment of DEC and the target distribution made from it."""

from __future__ import annotations

from typing import Any

import numpy as np
from keras import ops

from pipeline.artifacts.base import Float


def soft_assignment(codes: Any, centres: Any, alpha: float = 1.0) -> Any:
    """Return q (n, k) in (0, 1], the similarity of codes (n, d) to centres (k, d); rows sum to 1.

    q_ij ∝ (1 + ‖z_i − μ_j‖² / α)^(−(α + 1) / 2), a Student's t distribution with α degrees of freedom. The nearest
    centre has the largest value. Source: Xie, Girshick, Farhadi, "Unsupervised Deep Embedding for Clustering
    Analysis", 2016.
    """
    squared = ops.sum(ops.square(ops.expand_dims(codes, 1) - ops.expand_dims(centres, 0)), axis=2)
    similarity = ops.power(1.0 + squared / alpha, -(alpha + 1.0) / 2.0)
    return similarity / ops.sum(similarity, axis=1, keepdims=True)


def target_distribution(assigned: Float) -> Float:
    """Return the target p (n, k) float32 for a soft assignment q (n, k); rows sum to 1.

    p_ij ∝ q_ij² / f_j with f_j = Σ_i q_ij. The square emphasises confident assignments, the division by f_j keeps large
    clusters from dominating. Source: Xie, Girshick, Farhadi 2016.
    """
    q = np.asarray(assigned, np.float64)
    sharpened = q**2 / q.sum(axis=0)
    return np.asarray(sharpened / sharpened.sum(axis=1, keepdims=True), np.float32)
