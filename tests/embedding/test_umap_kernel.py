"""The arithmetic of the compiled layout."""

import numpy as np
import pytest

from pipeline.embedding.umap_kernel import mix, power


@pytest.mark.parametrize("b", [0.3, 0.79, 1.0, 1.6])
def test_powers_equal_numpys(b):
    numbers = np.exp(np.random.default_rng(0).uniform(-20, 20, 500)).astype(np.float32)
    powers = [power(number, np.float32(b)) for number in numbers]
    np.testing.assert_allclose(powers, numbers.astype(np.float64) ** np.float32(b), rtol=4e-6)


def test_a_power_of_zero_is_nearly_zero_and_a_large_one_finite():
    assert 0 <= power(np.float32(0), np.float32(0.8)) < 1e-25
    assert np.isfinite(power(np.float32(1e38), np.float32(2)))


def test_random_numbers_are_splitmix64s():
    """The first numbers of its reference implementation with seed 0."""
    golden = 0x9E3779B97F4A7C15
    states = [np.uint64(golden * i % 2**64) for i in (1, 2, 3)]
    assert [int(mix(state)) for state in states] == [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F]
