"""Corrupted images: what each kind does, and what it leaves alone."""

import numpy as np
import pytest

from pipeline.artifacts import to_unit_range
from pipeline.config import Corruption
from pipeline.models.corruption import affine, corrupt


@pytest.fixture(scope="module")
def batch(images):
    return to_unit_range(images.train[:64])


def apply(batch, seed=(3, 4), **settings):
    return np.asarray(corrupt(batch, np.array(seed, np.int32), Corruption(**settings)))


KINDS = {"noise": 0.2, "mask": 0.3, "rotate": 30.0, "shift": 0.2, "scale": 0.3, "shear": 0.3}


@pytest.mark.parametrize("kind", KINDS)
def test_every_corruption_changes_pixels_and_nothing_else(batch, kind):
    changed = apply(batch, **{kind: KINDS[kind]})
    assert changed.shape == batch.shape
    assert changed.dtype == batch.dtype
    assert 0 <= changed.min() < changed.max() <= 1
    touched = np.abs(changed - batch).reshape(len(batch), -1).max(axis=1) > 0.01
    assert touched.mean() > 0.9  # a draw may be near zero
    np.testing.assert_array_equal(changed, apply(batch, **{kind: KINDS[kind]}))
    assert not np.array_equal(changed, apply(batch, seed=(3, 8), **{kind: KINDS[kind]}))


def test_no_corruption_is_the_identity(batch):
    np.testing.assert_array_equal(apply(batch), batch)
    none = affine(batch, np.array([0, 0], np.int32), Corruption())
    np.testing.assert_allclose(none, batch, atol=1e-5)


def test_a_shift_moves_an_image_and_keeps_its_mass():
    dot = np.zeros((40, 20, 20, 1), np.float32)
    dot[:, 8:12, 8:12] = 1
    moved = apply(dot, shift=0.2)
    np.testing.assert_allclose(moved.sum(axis=(1, 2, 3)), 16, rtol=1e-4)
    for axis in (1, 2):
        centre = moved.sum(axis=(3 - axis, 3)) @ np.arange(20) / 16 - 9.5
        assert np.abs(centre).max() <= 4 + 1e-3  # a fifth of twenty, each way
        assert centre.min() < -2 < 2 < centre.max()


def test_a_rotation_keeps_what_lies_in_the_centre():
    dot = np.zeros((20, 21, 21, 1), np.float32)
    dot[:, 10, 10] = 1
    np.testing.assert_allclose(apply(dot, rotate=180.0)[:, 10, 10, 0], 1, atol=1e-4)


def test_the_share_that_is_masked_and_the_spread_of_the_noise():
    grey = np.full((50, 20, 20, 1), 0.5, np.float32)
    assert (apply(grey, mask=0.3) == 0).mean() == pytest.approx(0.3, abs=0.02)
    assert apply(grey, noise=0.1).std() == pytest.approx(0.1, abs=0.005)
