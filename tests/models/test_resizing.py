"""Pooling and upsampling layers of every kind."""

import keras
import numpy as np
import pytest

from pipeline.models.resizing import BedOfNails, MaxUnpool, max_pool_positions, pool, upsample

MAPS = np.random.default_rng(0).permutation(2 * 6 * 4 * 3).reshape(2, 6, 4, 3).astype(np.float32) + 1


def test_nearest_repeats_every_value():
    expected = MAPS.repeat(3, axis=1).repeat(3, axis=2)
    np.testing.assert_array_equal(upsample("nearest", 3)(MAPS), expected)


@pytest.mark.parametrize("kind", ["bed_of_nails", "max_unpool"])
def test_without_positions_values_go_to_the_top_left(kind):
    output = np.asarray(upsample(kind, 2)(MAPS))
    assert output.shape == (2, 12, 8, 3)
    np.testing.assert_array_equal(output[:, ::2, ::2], MAPS)
    assert np.count_nonzero(output) == MAPS.size


def test_unpooling_equals_hand_calculation():
    image = np.array([[1, 2, 5, 0], [3, 9, 0, 0], [0, 0, 0, 4], [7, 0, 0, 0]], np.float32).reshape(1, 4, 4, 1)
    positions = max_pool_positions(image, 2, "valid")
    np.testing.assert_array_equal(np.asarray(positions)[0, ..., 0], [[3, 0], [2, 1]])
    output = np.asarray(MaxUnpool(2)(np.array([[10, 20], [30, 40]], np.float32).reshape(1, 2, 2, 1), positions))
    np.testing.assert_array_equal(output[0, ..., 0], [[0, 0, 20, 0], [0, 10, 0, 0], [0, 0, 0, 40], [30, 0, 0, 0]])


@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize("shape", [(6, 4), (7, 7), (5, 8)])
def test_unpooling_returns_maxima_to_their_positions(padding, shape):
    image = (np.random.default_rng(1).normal(size=(3, *shape, 2)) - 5).astype(np.float32)  # negative, as after elu
    pooled = pool("max", 2, padding)(image)
    output = np.asarray(MaxUnpool(2)(pooled, max_pool_positions(image, 2, padding)))[:, : shape[0], : shape[1]]
    maxima = output != 0
    assert maxima.sum() == np.asarray(pooled).size
    np.testing.assert_array_equal(output[maxima], image[:, : output.shape[1], : output.shape[2]][maxima])


def test_positions_of_another_size_are_cropped_or_padded():
    image = np.zeros((1, 4, 4, 1), np.float32)
    image[0, 1::2, 1::2] = 1
    positions = max_pool_positions(image, 2, "valid")
    larger = np.asarray(MaxUnpool(2)(np.ones((1, 3, 3, 1), np.float32), positions))[0, ..., 0]
    assert set(zip(*np.nonzero(larger), strict=True)) == {
        (1, 1), (1, 3), (3, 1), (3, 3), (0, 4), (2, 4), (4, 0), (4, 2), (4, 4),
    }  # fmt: skip
    smaller = np.asarray(MaxUnpool(2)(np.ones((1, 1, 1, 1), np.float32), positions))[0, ..., 0]
    np.testing.assert_array_equal(smaller, [[0, 0], [0, 1]])


def test_average_pooling_averages():
    expected = MAPS.reshape(2, 3, 2, 2, 2, 3).mean(axis=(2, 4))
    np.testing.assert_allclose(pool("average", 2)(MAPS), expected, rtol=1e-6)


@pytest.mark.parametrize("kind", [BedOfNails, MaxUnpool])
def test_layers_state_their_shape_and_can_be_rebuilt(kind):
    layer = kind(3, name="up")
    assert layer.compute_output_shape((None, 2, 4, 5)) == (None, 6, 12, 5)
    rebuilt = keras.layers.deserialize(keras.layers.serialize(layer))
    assert (type(rebuilt), rebuilt.size, rebuilt.name) == (kind, 3, "up")
