"""The background behind transparent parts: one colour for all images of a data set that keeps their content visible."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from PIL import Image

from pipeline.runtime.counts import count_words

Background = Literal["auto", "white", "black"]


@dataclass(frozen=True)
class Transparency:
    """Whether an image has transparent pixels, and the share of its visible pixels that are light.

    A pixel is light if its luminance is at least 128, and counts by its opacity. `light` is None if nothing is visible.
    """

    is_transparent: bool
    light: float | None = None


def measure_transparency(image: Image.Image) -> Transparency:
    """Return the transparency of an image of any mode that Pillow converts to RGBA."""
    pixels = image.convert("RGBA")
    opacity = np.asarray(pixels.getchannel("A"), np.float64) / 255
    if (opacity == 1).all():
        return Transparency(False)
    visible = float(opacity.sum())
    luminance = np.asarray(pixels.convert("RGB").convert("L"))
    return Transparency(True, float(opacity[luminance >= 128].sum()) / visible if visible else None)


def choose_background(images: Sequence[Transparency], background: Background) -> tuple[str, str]:
    """Return the colour behind the transparent parts of all images, and a note on the choice.

    `auto` is black if more than half of the visible pixels of the transparent images are light, each image counted
    equally, else white. Colour and note are empty if `auto` has no transparent image to choose by.
    """
    if background != "auto":
        return background, ""
    count = sum(image.is_transparent for image in images)
    if not count:
        return "", ""
    shares = [image.light for image in images if image.is_transparent and image.light is not None]
    is_light = bool(shares) and float(np.mean(shares)) > 0.5
    colour, other = ("black", "white") if is_light else ("white", "black")
    counted = count_words(count, "image has", "images have")
    content = f"their visible pixels are mostly {'light' if is_light else 'dark'}" if shares else "nothing is visible"
    return colour, (
        f"data.background: {counted} transparent parts; {content}, so the background of all is {colour}; "
        f"data.background={other} changes it"
    )
