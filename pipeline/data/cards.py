"""Cards: pictures of text that stand for items without images on pages, such as texts or ids of vectors."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from pipeline.runtime.observer import SILENT, Observer

HEIGHT, WIDTH = 48, 72
FONT_SIZE = 11
COLUMNS, LINES = 11, 4
PAPER, INK = 250, 20
BATCH = 2000
"""Cards between two reports of progress."""


def draw_cards(texts: Sequence[str], observer: Observer = SILENT) -> NDArray[np.uint8]:
    """Return a grey picture (n, 48, 72, 1) of each text, dark on light, broken into lines and cut off at the end."""
    font = ImageFont.load_default(FONT_SIZE)
    cards = np.empty((len(texts), HEIGHT, WIDTH, 1), np.uint8)
    for index, text in enumerate(texts):
        card = Image.new("L", (WIDTH, HEIGHT), PAPER)
        lines = textwrap.wrap(" ".join(text.split()), COLUMNS, max_lines=LINES, placeholder=" …")
        ImageDraw.Draw(card).multiline_text((3, 2), "\n".join(lines), fill=INK, font=font, spacing=0)
        cards[index, ..., 0] = np.asarray(card)
        if index % BATCH == BATCH - 1 or index == len(texts) - 1:
            observer.progress(index + 1, len(texts), "cards")
    return cards
