"""Convert image arrays to RGB and draw them inside axes."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from pipeline.pages.figures.style import MUTED, group_colour

RGBImage = NDArray[np.float32]
Box = tuple[float, float, float, float]


def to_rgb_images(images: NDArray[Any]) -> RGBImage:
    """Convert images (n, h, w, c), uint8 or float in [0, 1], to RGB (n, h, w, 3) float32 in [0, 1].

    Three channels are RGB; four are RGBA and blended onto white; any other number of channels is averaged to grey.
    """
    pixels = np.asarray(images, np.float32) / np.float32(255 if images.dtype == np.uint8 else 1)
    pixels = np.clip(pixels, 0, 1)
    if pixels.shape[3] == 4:
        pixels = 1 - pixels[..., 3:] * (1 - pixels[..., :3])
    if pixels.shape[3] != 3:
        pixels = np.repeat(pixels.mean(axis=3, keepdims=True), 3, axis=3)
    return pixels


def tint_images(images: NDArray[Any], groups: NDArray[np.integer[Any]]) -> RGBImage:
    """Convert images (n, h, w, c) to RGB (n, h, w, 3), grey ones with a foreground in the colour of their group.

    The foreground is what contrasts with the border of an image, so light-on-dark and dark-on-light images look alike.
    Images with three or four channels keep their colours.
    """
    pixels = to_rgb_images(images)
    if images.shape[3] in (3, 4):
        return pixels
    grey = pixels[..., 0]
    border = np.concatenate([grey[:, 0], grey[:, -1], grey[:, :, 0], grey[:, :, -1]], axis=1)
    dark = np.median(border, axis=1) < 0.5
    ink = np.where(dark[:, None, None], grey, 1 - grey)[..., None]
    colours = np.array([to_rgb(group_ink_colour(group)) for group in groups], np.float32).reshape(-1, 1, 1, 3)
    return (1 - ink * (1 - colours)).astype(np.float32)


def group_ink_colour(group: int) -> str:
    """Return the colour for the images of a group; noise gets a grey that is dark enough for thin lines."""
    return MUTED if group < 0 else group_colour(group)


def draw_image(axes: Axes, image: RGBImage, box: Box, frame: str, linewidth: float = 0.7) -> None:
    """Draw an image (h, w, 3) into `box` (left, right, bottom, top) with a frame; set the axes limits before."""
    left, right, bottom, top = box
    axes.imshow(image, extent=box, aspect=axes.get_aspect(), interpolation="antialiased", zorder=3)
    edge = Rectangle((left, bottom), right - left, top - bottom, fill=False, edgecolor=frame, linewidth=linewidth)
    edge.set_zorder(4)
    axes.add_patch(edge)
