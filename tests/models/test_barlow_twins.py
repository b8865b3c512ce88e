"""The Barlow Twins loss, by itself and as a term of the training."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from pipeline.artifacts import to_unit_range
from pipeline.config import Corruption
from pipeline.models.barlow_twins import barlow_twins_loss
from pipeline.models.corruption import corrupt
from tests.helpers import environment
from tests.networks import train_model


def test_equal_uncorrelated_codes_have_no_loss():
    code = np.random.default_rng(0).normal(size=(20000, 6)).astype(np.float32)
    assert float(barlow_twins_loss(code, 3 * code + 1)) < 1e-3


def test_independent_codes_cost_one_and_repeated_dimensions_cost_the_redundancy():
    first, second = np.random.default_rng(0).normal(size=(2, 20000, 6)).astype(np.float32)
    assert float(barlow_twins_loss(first, second)) == pytest.approx(1, abs=0.05)
    repeated = np.repeat(first[:, :1], 6, axis=1)
    assert float(barlow_twins_loss(repeated, repeated, redundancy=0.01)) == pytest.approx(0.01 * 5, abs=1e-3)


@pytest.mark.slow
def test_the_term_increases_the_correlation_of_clean_and_corrupted_codes(images):
    noise = Corruption(noise=0.3)
    clean = to_unit_range(images.train)
    noisy = np.asarray(corrupt(clean, np.array([1, 2], np.int32), noise))

    def correlation(weight):
        trained = train_model(images, barlow_twins_weight=weight, corruption=noise, min_steps=45, learning_rate=0.01)
        assert ("barlow_twins" in trained.history[0]) == bool(weight)
        assert "val_barlow_twins" not in trained.history[0]
        first, second = trained.encode(clean), trained.encode(noisy)
        return np.mean([np.corrcoef(first[:, i], second[:, i])[0, 1] for i in range(first.shape[1])])

    assert correlation(5.0) > correlation(0.0)


@pytest.mark.slow
def test_reported_loss_is_the_reconstruction_loss_alone(images):
    few = replace(images, train=images.train[:3])  # batches of two images and of one
    settings = {"batch_size": 2, "learning_rate": 1e-9, "validate_on": "none"}  # the weights hardly change
    trained = train_model(few, **settings, barlow_twins_weight=5.0)
    error = np.mean((trained.reconstruct(few.train) - to_unit_range(few.train)) ** 2)
    assert trained.history[0]["loss"] == pytest.approx(error, rel=1e-3)
    assert set(trained.history[0]) == {"loss", "barlow_twins"}
    assert trained.history[0]["barlow_twins"] > 0


@pytest.mark.slow
def test_a_constant_dimension_has_a_finite_gradient_on_jax_too():
    pytest.importorskip("jax")
    code = """
import jax, numpy as np
from pipeline.models.barlow_twins import barlow_twins_loss
codes = np.random.default_rng(0).normal(size=(8, 3)).astype(np.float32)
codes[:, 1] = 2
gradient = jax.grad(lambda first: barlow_twins_loss(first, codes + 0.1 * codes[::-1]))(codes)
print(bool(np.isfinite(gradient).all()))
"""
    answer = subprocess.run(
        [sys.executable, "-c", code],
        env=environment() | {"KERAS_BACKEND": "jax"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.stdout.strip() == "True", answer.stderr
