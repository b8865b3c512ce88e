"""Small random inputs, and access to what a figure contains."""

import numpy as np
from matplotlib.figure import Figure


def random_images(n, height=6, width=6, channels=1, dtype=np.float32):
    values = np.random.default_rng(0).random((n, height, width, channels))
    return (values * 255).astype(np.uint8) if dtype == np.uint8 else values.astype(dtype)


def random_points(n, seed=0):
    return np.random.default_rng(seed).normal(size=(n, 2)).astype(np.float32)


def single_axes(figure):
    assert isinstance(figure, Figure)
    assert len(figure.axes) == 1
    return figure.axes[0]


def axes_texts(axes):
    return [text.get_text() for text in axes.texts]


def legend_texts(axes):
    return [text.get_text() for text in axes.get_legend().get_texts()]
