"""Characters rendered in the fonts that come with matplotlib: image sets without handwriting that need no file."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from pipeline.data.source import Source
from pipeline.runtime.errors import ArgumentError

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


def read_glyphs(train: int = 10_000, test: int = 2_000, letters: str = LETTERS) -> Source:
    """Return `train` and `test` images (28, 28) uint8 of the characters in `letters`, white on black.

    Labels are the characters' positions in `letters`. Character, font, size, rotation and position of each image are
    uniform draws with a fixed seed. The fonts are those that have all the characters: 21 for Latin letters and digits,
    16 for Greek and Cyrillic.

    Raises:
        ArgumentError: there are fewer than two different characters, or no font has all of them.
    """
    fonts = _fonts_with(letters)
    rng = np.random.default_rng(0)
    labels = rng.integers(len(letters), size=train + test)
    images = np.stack([draw_letter(letters[label], rng, fonts=fonts) for label in labels])
    return Source(images[:train], images[train:], labels[:train], labels[train:], list(letters))


def _fonts_with(letters: str) -> tuple[str, ...]:
    """The fonts that have all these characters."""
    if len(letters) < 2 or len(set(letters)) < len(letters):
        raise ArgumentError(f"letters = {letters!r}: give at least two characters, each once")
    missing = {font: [letter for letter in letters if ord(letter) not in _characters(font)] for font in FONTS}
    fonts = tuple(font for font in FONTS if not missing[font])
    if not fonts:
        first = min(missing.values(), key=len)[0]
        raise ArgumentError(f"letters = {letters!r}: no font of matplotlib has all of them; leave out {first!r}")
    return fonts


def draw_letter(
    letter: str, rng: np.random.Generator, scale: int = 1, fonts: Sequence[str] | None = None
) -> NDArray[np.uint8]:
    """Return a letter (28·scale, 28·scale), white on black, near the centre; `fonts` None: any of `FONTS`."""
    side = SIDE * scale
    image = Image.new("L", (side, side))
    centre = side / 2 + scale * rng.uniform(-MAX_SHIFT, MAX_SHIFT, size=2)
    font = _load_font(str(rng.choice(FONTS if fonts is None else fonts)), scale * int(rng.choice(FONT_SIZES)))
    ImageDraw.Draw(image).text((float(centre[0]), float(centre[1])), letter, fill=255, font=font, anchor="mm")
    return np.asarray(image.rotate(rng.uniform(-MAX_DEGREES, MAX_DEGREES), Image.Resampling.BICUBIC), np.uint8)


@cache
def _load_font(name: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(_font_file(name), size)


@cache
def _characters(font: str) -> frozenset[int]:
    """The code points that a font has."""
    from matplotlib.ft2font import FT2Font

    return frozenset(FT2Font(str(_font_file(font))).get_charmap())


def _font_file(name: str) -> Path:
    import matplotlib

    return Path(matplotlib.get_data_path()) / "fonts" / "ttf" / f"{name}.ttf"
