"""Soft assignment and target distribution against the published formulas."""

import numpy as np
import pytest

from pipeline.models.refine.soft_assignment import soft_assignment, target_distribution


def draw(n=40, k=3, d=5, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, d)).astype(np.float32), rng.normal(size=(k, d)).astype(np.float32)


def reference(codes, centres, alpha):
    """The formula as published, one pair at a time."""
    q = np.empty((len(codes), len(centres)))
    for i, code in enumerate(codes.astype(float)):
        similarity = [(1 + sum((code - mu) ** 2) / alpha) ** (-(alpha + 1) / 2) for mu in centres.astype(float)]
        q[i] = np.array(similarity) / sum(similarity)
    return q


@pytest.mark.parametrize("alpha", [0.5, 1.0, 4.0])
@pytest.mark.parametrize(("n", "k", "d"), [(40, 3, 5), (1, 2, 1), (7, 10, 3)])
def test_soft_assignment_equals_the_published_formula(alpha, n, k, d):
    codes, centres = draw(n, k, d)
    q = np.asarray(soft_assignment(codes, centres, alpha))
    assert q.shape == (n, k)
    np.testing.assert_allclose(q.sum(axis=1), 1, rtol=1e-6)
    np.testing.assert_allclose(q, reference(codes, centres, alpha), rtol=1e-5)
    nearest = np.linalg.norm(codes[:, None] - centres, axis=2).argmin(axis=1)
    assert np.array_equal(q.argmax(axis=1), nearest)


def test_target_equals_the_published_formula():
    q = reference(*draw(), 1.0)
    expected, frequency = np.empty_like(q), [sum(q[:, j]) for j in range(q.shape[1])]
    for i, row in enumerate(q):
        weighted = [value**2 / frequency[j] for j, value in enumerate(row)]
        expected[i] = np.array(weighted) / sum(weighted)
    p = target_distribution(q.astype(np.float32))
    assert p.dtype == np.float32
    np.testing.assert_allclose(p, expected, rtol=1e-5)
    np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-6)


def test_target_sharpens_and_favours_small_clusters():
    q = np.array([[0.6, 0.4], [0.4, 0.6], [0.9, 0.1], [0.1, 0.9]], np.float32)  # clusters of equal size
    assert (target_distribution(q).max(axis=1) > q.max(axis=1)).all()
    uneven = np.array([[0.9, 0.1]] * 9 + [[0.5, 0.5]], np.float32)
    assert target_distribution(uneven)[-1, 1] > 0.5


def test_certain_assignments_stay_and_distant_codes_give_no_nan():
    assert np.array_equal(target_distribution(np.eye(3, dtype=np.float32)), np.eye(3, dtype=np.float32))
    distant = np.asarray(soft_assignment(np.full((2, 3), 1e9, np.float32), np.eye(2, 3, dtype=np.float32)))
    assert np.isfinite(target_distribution(distant)).all()
