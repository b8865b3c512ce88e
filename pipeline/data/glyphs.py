"""Letters rendered in the fonts that come with matplotlib: an image set without handwriting that needs no file."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from pipeline.data.source import Source

LETTERS = "ABCDEFGHIJ"
FONTS = (
    "DejaVuSans", "DejaVuSans-Bold", "DejaVuSans-Oblique", "DejaVuSans-BoldOblique", "DejaVuSansMono",
    "DejaVuSansMono-Bold", "DejaVuSansMono-Oblique", "DejaVuSansMono-BoldOblique", "DejaVuSerif", "DejaVuSerif-Bold",
    "DejaVuSerif-Italic", "DejaVuSerif-BoldItalic", "STIXGeneral", "STIXGeneralBol", "STIXGeneralItalic",
    "STIXGeneralBolIta", "cmr10", "cmb10", "cmti10", "cmss10", "cmtt10",
)  # fmt: skip
"""Sans and serif, upright and slanted, regular and bold, proportional and monospaced."""
SIDE, FONT_SIZES = 28, (16, 17, 18, 19, 20, 21, 22)
"""The side of the images and the sizes of the letters, in pixels."""
MAX_DEGREES, MAX_SHIFT = 10.0, 2.0
"""The largest rotation in degrees and the largest shift in pixels."""


def read_glyphs(train: int = 10_000, test: int = 2_000) -> Source:
    """Return `train` and `test` images (28, 28) uint8 of the letters A to J, white on black, with labels 0 to 9.

    Letter, font, size, rotation and position of each are uniform draws with a fixed seed.
    """
    rng = np.random.default_rng(0)
    labels = rng.integers(len(LETTERS), size=train + test)
    images = np.stack([draw_letter(LETTERS[label], rng) for label in labels])
    return Source(images[:train], images[train:], labels[:train], labels[train:], list(LETTERS))


def draw_letter(letter: str, rng: np.random.Generator, scale: int = 1) -> NDArray[np.uint8]:
    """Return a letter (28·scale, 28·scale), white on black, near the centre of the image."""
    side = SIDE * scale
    image = Image.new("L", (side, side))
    centre = side / 2 + scale * rng.uniform(-MAX_SHIFT, MAX_SHIFT, size=2)
    font = _load_font(str(rng.choice(FONTS)), scale * int(rng.choice(FONT_SIZES)))
    ImageDraw.Draw(image).text((float(centre[0]), float(centre[1])), letter, fill=255, font=font, anchor="mm")
    return np.asarray(image.rotate(rng.uniform(-MAX_DEGREES, MAX_DEGREES), Image.Resampling.BICUBIC), np.uint8)


@cache
def _load_font(name: str, size: int) -> ImageFont.FreeTypeFont:
    import matplotlib

    return ImageFont.truetype(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / f"{name}.ttf", size)
