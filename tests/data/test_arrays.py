"""Arrays of images: dtype, range, rank, and resizing."""

import numpy as np
import pytest

from pipeline.data.arrays import as_pixels, resize_images
from pipeline.runtime.errors import UserError


@pytest.mark.parametrize(
    "images",
    [
        np.full((3, 4, 4), 1.5),
        np.full((3, 4, 4), -0.1),
        np.full((3, 4, 4), np.nan),
        np.arange(48).reshape(3, 4, 4),
        np.zeros((3, 16)),
    ],
    ids=["above 1", "below 0", "NaN", "integers", "flat"],
)
def test_other_ranges_and_ranks_are_refused(images):
    with pytest.raises(UserError, match=r"^data: train images"):
        as_pixels(images, "train images")


def test_floats_become_float32_with_a_channel_axis():
    pixels = as_pixels(np.linspace(0, 1, 24).reshape(2, 4, 3), "images")
    assert (pixels.shape, pixels.dtype) == ((2, 4, 3, 1), np.float32)


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
