"""The input pipeline: order, batch sizes, corruption, and where a resumed training continues."""

import numpy as np
import pytest

from pipeline.config import Corruption, Train
from pipeline.models.input_pipeline import corrupted_batches, validation_batches
from pipeline.models.training_length import training_length


def settings(**changes):
    return Train(**{"name": "test", "batch_size": 4} | changes)


@pytest.mark.parametrize(
    ("n", "changes", "expected"),
    [
        (96, {"batch_size": 32, "epochs": 2}, (3, 2)),
        (97, {"batch_size": 32, "epochs": 2}, (4, 2)),
        (96, {"batch_size": 32, "epochs": 2, "min_steps": 10}, (5, 2)),
        (96, {"batch_size": 32, "epochs": 5, "min_steps": 10}, (3, 5)),
        (96, {"batch_size": 32, "epochs": 3, "min_steps": 10}, (4, 3)),
    ],
)
def test_min_steps_lengthens_epochs(n, changes, expected):
    assert training_length(settings(**changes), n) == expected


@pytest.mark.parametrize(
    ("n", "epochs", "expected"),
    [
        (60_000, 8, (235, 8)),  # 1,880 steps
        (70_000, 8, (274, 8)),
        (1_797, 8, (235, 8)),
        (1_797, 4, (235, 4)),
        (60_000, 3, (235, 3)),
        (20, 8, (235, 8)),
    ],
)
def test_steps_follow_from_the_number_of_images(n, epochs, expected, recorder):
    assert training_length(settings(epochs=epochs, batch_size=256, min_steps=None), n, observer=recorder) == expected
    assert len(recorder.notes) == (n < 60_000)


def test_an_epoch_of_part_of_a_large_data_set_adds_epochs_without_changing_the_steps():
    assert training_length(settings(epochs=8, batch_size=256, min_steps=None), 600_000, 60_000) == (235, 8)
    assert training_length(settings(epochs=8, batch_size=256, min_steps=None), 60_000, 30_000) == (118, 16)


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
@pytest.mark.parametrize(
    ("n", "batch_size", "sizes"), [(10, 4, [4, 4, 2]), (9, 8, [5, 4]), (12, 4, [4, 4, 4]), (3, 8, [3])]
)
def test_every_epoch_has_each_image_once_in_nearly_equal_batches(dtype, n, batch_size, sizes):
    numbers = np.arange(n, dtype=dtype) * 20
    pixels = np.broadcast_to(numbers[:, None, None, None], (n, 2, 2, 1)) / (1 if dtype == np.uint8 else 255)
    batches = corrupted_batches(pixels.astype(dtype), settings(batch_size=batch_size)).as_numpy_iterator()
    orders = []
    for _ in range(3):
        epoch = [next(batches) for _ in sizes]
        assert [len(clean) for _, clean in epoch] == sizes
        for (corrupted, _), clean in epoch:
            np.testing.assert_array_equal(corrupted, clean)
        orders.append(np.concatenate([clean[:, 0, 0, 0] for _, clean in epoch]) * 255)
        np.testing.assert_allclose(np.sort(orders[-1]), numbers, atol=1e-4)
    assert not np.array_equal(orders[0], orders[1]) or not np.array_equal(orders[0], orders[2])


def test_each_epoch_has_another_corruption():
    pixels = np.full((4, 8, 8, 1), 0.5, np.float32)
    batches = corrupted_batches(pixels, settings(corruption=Corruption(noise=0.1))).as_numpy_iterator()
    ((first, beside), clean), ((second, _), _) = next(batches), next(batches)
    np.testing.assert_array_equal(clean, pixels)
    np.testing.assert_array_equal(beside, clean)
    assert not np.allclose(np.sort(first.ravel()), np.sort(second.ravel()))


def test_first_step_continues_the_same_batches():
    pixels = np.random.default_rng(0).random((10, 4, 4, 1)).astype(np.float32)
    noisy = settings(corruption=Corruption(noise=0.1, shift=0.1))

    def take(first_step, n):
        batches = corrupted_batches(pixels, noisy, lambda *triple: triple, first_step).as_numpy_iterator()
        return [next(batches) for _ in range(n)]

    for whole, resumed in zip(take(0, 7)[4:], take(4, 3), strict=True):
        for expected, array in zip(whole, resumed, strict=True):
            np.testing.assert_array_equal(array, expected)


def test_validation_batches_are_clean_and_scaled():
    pixels = np.random.default_rng(0).integers(0, 256, (5, 2, 2, 1), np.uint8)
    (((corrupted, clean), target),) = validation_batches(pixels).as_numpy_iterator()
    for array in (corrupted, clean, target):
        np.testing.assert_allclose(array, pixels / np.float32(255), rtol=1e-6)
    assert validation_batches(pixels[:0]) is None


def test_nothing_tunes_the_parallelism():
    # The thread that tunes sleeps for up to a minute, and the end of a training waits for it.
    pixels = np.zeros((8, 2, 2, 1), np.uint8)
    for dataset in (corrupted_batches(pixels, settings()), validation_batches(pixels)):
        assert dataset.options().autotune.enabled is False
