"""From arrays of pixels to pictures inside a figure."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from pipeline.figures.style import MUTED, hue

Picture = NDArray[np.float32]
Box = tuple[float, float, float, float]


def displayable(images: NDArray[Any]) -> Picture:
    """Return images (n, h, w, c), uint8 or float, as RGB (n, h, w, 3) float32 in [0, 1].

    Three channels are red, green and blue; of four the last is opacity, laid on white; any other number is
    averaged to grey.
    """
    pixels = np.asarray(images, np.float32) / np.float32(255 if images.dtype == np.uint8 else 1)
    pixels = np.clip(pixels, 0, 1)
    if pixels.shape[3] == 4:
        pixels = 1 - pixels[..., 3:] * (1 - pixels[..., :3])
    if pixels.shape[3] != 3:
        pixels = np.repeat(pixels.mean(axis=3, keepdims=True), 3, axis=3)
    return pixels


def tinted(images: NDArray[Any], groups: NDArray[np.integer[Any]]) -> Picture:
    """Return images (n, h, w, c) as RGB (n, h, w, 3): grey ones as ink of their group's colour on white.

    Ink is what differs from an image's own border, so that light on dark and dark on light both come out as
    drawings. Colour images stay as they are.
    """
    pixels = displayable(images)
    if images.shape[3] in (3, 4):
        return pixels
    grey = pixels[..., 0]
    border = np.concatenate([grey[:, 0], grey[:, -1], grey[:, :, 0], grey[:, :, -1]], axis=1)
    dark = np.median(border, axis=1) < 0.5
    ink = np.where(dark[:, None, None], grey, 1 - grey)[..., None]
    colours = np.array([to_rgb(ink_colour(group)) for group in groups], np.float32).reshape(-1, 1, 1, 3)
    return (1 - ink * (1 - colours)).astype(np.float32)


def ink_colour(group: int) -> str:
    """Return the colour to draw a group's images in: its hue, and for noise a grey dark enough for lines."""
    return MUTED if group < 0 else hue(group)


def place(axes: Axes, picture: Picture, box: Box, frame: str, linewidth: float = 0.7) -> None:
    """Put a picture (h, w, 3) into `box` (left, right, bottom, top), framed; limits must be set before."""
    left, right, bottom, top = box
    axes.imshow(picture, extent=box, aspect=axes.get_aspect(), interpolation="antialiased", zorder=3)
    edge = Rectangle((left, bottom), right - left, top - bottom, fill=False, edgecolor=frame, linewidth=linewidth)
    edge.set_zorder(4)
    axes.add_patch(edge)
