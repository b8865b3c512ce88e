"""Arrays of images: rank, layout, and resizing."""

import numpy as np
import pytest

from pipeline.data.arrays import check_images, is_channels_first, move_channels_last, resize_images
from pipeline.runtime.errors import UserError


@pytest.mark.parametrize("shape", [(3, 16), (3, 0, 4), (3,), (2, 3, 4, 4, 1)])
def test_other_ranks_and_empty_axes_are_refused(shape):
    with pytest.raises(UserError, match=r"^data: train images have shape"):
        check_images(np.zeros(shape), "train images")


def test_values_that_are_no_numbers_are_refused():
    with pytest.raises(UserError, match=r"^data: train images are <U1"):
        check_images(np.full((3, 4, 4), "a"), "train images")


def test_a_channel_axis_is_added():
    assert check_images(np.zeros((2, 4, 3)), "images").shape == (2, 4, 3, 1)


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_resized_images_keep_dtype_range_and_mean(dtype):
    smooth = np.linspace(0, 1, 30).reshape(1, 5, 6, 1).repeat(3, axis=3)
    smooth = (smooth * 255).astype(np.uint8) if dtype == np.uint8 else smooth.astype(dtype)
    resized = resize_images(smooth, (12, 12))
    assert (resized.shape, resized.dtype) == ((1, 12, 12, 3), dtype)
    assert resized.mean() == pytest.approx(smooth.mean(), rel=0.02)
    assert resized.max() <= smooth.max()
    assert resize_images(smooth, (5, 6)) is smooth


def test_shrinking_averages_over_all_pixels():
    chequered = np.indices((6, 8, 8)).sum(axis=0)[..., None] % 2 * np.float32(1)
    np.testing.assert_allclose(resize_images(chequered, (4, 4)), 0.5, atol=0.15)


# Layout


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((50, 1, 28, 28), True),
        ((50, 2, 8, 8), True),
        ((50, 3, 32, 24), True),
        ((50, 4, 8, 9), True),
        ((50, 28, 28, 1), False),
        ((50, 32, 32, 3), False),
        ((50, 3, 32, 3), False),  # three rows of 32 colour pixels
        ((50, 3, 5, 5), False),  # not far smaller than the others
        ((50, 13, 64, 64), False),
        ((50, 28, 28), False),
        ((50, 784), False),
    ],
)
def test_channels_first_is_recognised_by_the_shape(shape, expected):
    assert is_channels_first(shape) is expected


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_channels_first_and_last_are_the_same_images(channels):
    last = np.random.default_rng(0).integers(0, 256, (5, 12, 10, channels), np.uint8)
    first = last.transpose(0, 3, 1, 2)
    train, test, note = move_channels_last(first, first[:2])
    np.testing.assert_array_equal(train, last)
    np.testing.assert_array_equal(test, last[:2])
    assert "12×10" in note
    assert "data.layout=channels_last" in note
    unchanged, _, note = move_channels_last(last, None)
    assert unchanged is last
    assert not note


def test_a_layout_that_is_set_is_obeyed_without_a_note():
    array = np.zeros((5, 3, 12, 10), np.uint8)
    unchanged, _, note = move_channels_last(array, None, "channels_last")
    assert (unchanged.shape, note) == ((5, 3, 12, 10), "")
    moved, _, note = move_channels_last(array[:, :, :3], None, "channels_first")
    assert (moved.shape, note) == ((5, 3, 10, 3), "")


def test_unusual_numbers_of_channels_are_noted():
    array = np.zeros((5, 13, 64, 64), np.uint8)
    images, _, note = move_channels_last(array, None)
    assert images is array
    assert "64 channels; data.layout=channels_first" in note
