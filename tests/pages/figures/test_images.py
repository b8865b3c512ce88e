"""Conversion of images to RGB."""

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from pipeline.pages.figures.images import tint_images, to_rgb_images
from pipeline.pages.figures.style import PALETTE
from tests.pages.figures.helpers import random_images


@pytest.mark.parametrize("channels", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_images_with_any_number_of_channels_become_rgb(channels, dtype):
    rgb = to_rgb_images(random_images(3, channels=channels, dtype=dtype))
    assert rgb.shape == (3, 6, 6, 3)
    assert rgb.dtype == np.float32
    assert 0 <= rgb.min() < rgb.max() <= 1


def test_transparent_pixels_are_white():
    rgba = np.zeros((1, 2, 2, 4), np.float32)
    np.testing.assert_array_equal(to_rgb_images(rgba), np.ones((1, 2, 2, 3)))


def test_foreground_is_tinted_on_dark_and_on_light_backgrounds():
    light_on_dark = np.zeros((1, 5, 5, 1), np.float32)
    light_on_dark[0, 2, 2] = 1
    for images in (light_on_dark, 1 - light_on_dark):
        tinted = tint_images(images, np.array([0]))[0]
        np.testing.assert_allclose(tinted[2, 2], to_rgb(PALETTE[0]), atol=1e-6)
        np.testing.assert_allclose(tinted[0, 0], 1)
