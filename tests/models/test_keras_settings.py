"""Settings that every training shares."""

import numpy as np
import pytest

from pipeline.config import Train
from pipeline.models.keras_settings import largest_divisor, set_seed


@pytest.mark.parametrize("steps", [1, 7, 12, 50, 94, 235])
def test_executions_divide_the_epoch(steps):
    size = largest_divisor(steps, 50)
    assert steps % size == 0
    assert not [larger for larger in range(size + 1, 51) if steps % larger == 0]


def test_set_seed_repeats_random_numbers():
    import keras

    def draw(seed):
        set_seed(Train(name="test", seed=seed))
        return np.random.rand(), float(keras.random.uniform(()))  # noqa: NPY002  # the global generator is seeded

    assert draw(3) == draw(3)
    assert draw(3) != draw(4)
