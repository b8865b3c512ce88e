"""Letters drawn by program in the fonts that matplotlib brings along: no handwriting, and no file is needed."""

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
"""Sans and serif, upright and slanted, light and bold, even and proportional widths."""

SIDE, SIZES, TURN, SHIFT = 28, (16, 17, 18, 19, 20, 21, 22), 10.0, 2.0
"""The image's side and the letters' sizes in pixels; how far a letter is turned, in degrees, and shifted, in pixels."""


def read(train: int = 10_000, test: int = 2_000) -> Source:
    """Return the letters A to J, white on black: so many train and test images (28, 28) uint8, labels 0 to 9.

    Letter, font, size, turn and place of each are drawn uniformly, always the same ones.
    """
    rng = np.random.default_rng(0)
    labels = rng.integers(len(LETTERS), size=train + test)
    images = np.stack([_image(LETTERS[label], rng) for label in labels])
    return Source(images[:train], images[train:], labels[:train], labels[train:], list(LETTERS))


def _image(letter: str, rng: np.random.Generator) -> NDArray[np.uint8]:
    """One letter (28, 28), its middle near the image's."""
    picture = Image.new("L", (SIDE, SIDE))
    middle = SIDE / 2 + rng.uniform(-SHIFT, SHIFT, size=2)
    font = _font(str(rng.choice(FONTS)), int(rng.choice(SIZES)))
    ImageDraw.Draw(picture).text((float(middle[0]), float(middle[1])), letter, fill=255, font=font, anchor="mm")
    return np.asarray(picture.rotate(rng.uniform(-TURN, TURN), Image.Resampling.BICUBIC), np.uint8)


@cache
def _font(name: str, size: int) -> ImageFont.FreeTypeFont:
    import matplotlib

    return ImageFont.truetype(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / f"{name}.ttf", size)
