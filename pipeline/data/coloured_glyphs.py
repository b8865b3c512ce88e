"""Letters in random colours on random, textured grounds: coloured images whose colour says nothing about the class."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pipeline.data.arrays import resize_images
from pipeline.data.glyphs import LETTERS, draw_letter
from pipeline.data.source import Source

SIDE, SCALE = 64, 3
"""The side of the images in pixels; letters are drawn at `SCALE` times the size of those in grey, and reduced."""
MIN_CONTRAST = 0.25
"""The least difference in luminance between a letter and its ground, which lie in [0, 1]."""
MAX_TEXTURE, NOISE = 0.12, 0.04
"""The largest standard deviation of the texture of letter and ground, and that of the noise in each pixel."""
MIN_CELLS, MAX_CELLS = 2, 12
"""Sides of the grids of random colours that are enlarged to a texture, in cells."""
LUMINANCE = np.array([0.299, 0.587, 0.114])


def read_coloured_glyphs(train: int = 10_000, test: int = 2_000) -> Source:
    """Return `train` and `test` images (64, 64, 3) uint8 of the letters A to J in colour, with labels 0 to 9.

    Letters vary as in `read_glyphs`. Letter and ground have independent random colours that differ in luminance, a
    smooth random texture, and noise. All draws have a fixed seed.
    """
    rng = np.random.default_rng(0)
    labels = rng.integers(len(LETTERS), size=train + test)
    images = np.stack([draw_coloured_letter(LETTERS[label], rng) for label in labels])
    return Source(images[:train], images[train:], labels[:train], labels[train:], list(LETTERS))


def draw_coloured_letter(letter: str, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Return one image (64, 64, 3)."""
    large = draw_letter(letter, rng, SCALE)[None, ..., None]
    coverage = resize_images(large, (SIDE, SIDE))[0].astype(np.float64) / 255
    ink, ground = _draw_colours(rng)
    image = coverage * (ink + _draw_texture(rng)) + (1 - coverage) * (ground + _draw_texture(rng))
    image += rng.normal(0, NOISE, image.shape)
    return np.asarray(np.round(np.clip(image, 0, 1) * 255), np.uint8)


def _draw_colours(rng: np.random.Generator) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Two uniform colours (3,) in [0, 1] whose luminances differ enough to read the letter."""
    while True:
        ink, ground = rng.random((2, 3))
        if abs(float((ink - ground) @ LUMINANCE)) >= MIN_CONTRAST:
            return ink, ground


def _draw_texture(rng: np.random.Generator) -> NDArray[np.float64]:
    """A smooth random change of colour (64, 64, 3) with mean 0, of random strength and fineness.

    Both vary continuously: a few kinds of texture would be groups of their own.
    """
    cells = int(rng.integers(MIN_CELLS, MAX_CELLS + 1))
    grid = rng.normal(0, rng.uniform(0, MAX_TEXTURE), (3, cells, cells)).astype(np.float32)
    planes = [Image.fromarray(plane).resize((SIDE, SIDE), Image.Resampling.BICUBIC) for plane in grid]
    return np.stack([np.asarray(plane, np.float64) for plane in planes], axis=2)
