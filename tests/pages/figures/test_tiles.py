"""Grids of reconstructions, cluster centres and members."""

import numpy as np
import pytest

from pipeline.pages import figures
from tests.pages.figures.helpers import axes_texts, random_images, single_axes


@pytest.mark.parametrize("shape", [(8, 8, 1), (5, 9, 3), (9, 4, 1)])
def test_reconstructions_are_below_their_originals(shape):
    originals = random_images(4, *shape)
    axes = single_axes(figures.plot_reconstructions(originals, 1 - originals))
    assert len(axes.images) == 8
    np.testing.assert_allclose(axes.images[1].get_array(), figures.to_rgb_images(originals)[1], atol=1e-6)
    left, _, bottom, top = np.array([image.get_extent() for image in axes.images]).T
    assert (left[:4] == left[4:]).all()
    assert (bottom[:4] <= top[4:]).all()


def test_reconstructions_of_another_shape_are_an_error():
    with pytest.raises(ValueError, match="differ in shape"):
        figures.plot_reconstructions(random_images(2, 4, 4), random_images(2, 5, 5))


@pytest.mark.parametrize("k", [1, 10, 23])
def test_each_centre_has_its_title(k):
    titles = [f"c{cluster}\nmany" for cluster in range(k)]
    axes = single_axes(figures.plot_centres(random_images(k), titles))
    assert len(axes.images) == k
    assert axes_texts(axes) == titles


@pytest.mark.parametrize("channels", [1, 3])
def test_clusters_may_have_different_numbers_of_examples(channels):
    typical = [np.arange(3), np.array([5])]
    untypical = [np.array([8, 9]), np.array([], int)]
    images, centres = random_images(10, channels=channels), random_images(2, channels=channels)
    axes = single_axes(figures.plot_examples(images, typical, untypical, ["large", "small"], centres))
    assert len(axes.images) == 6 + 2
    assert {"large", "small", "centre", "← most typical", "least typical →"} <= set(axes_texts(axes))
    axes = single_axes(figures.plot_examples(images, typical, untypical, ["large", "small"]))
    assert len(axes.images) == 6
