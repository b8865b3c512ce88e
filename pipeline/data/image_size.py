"""The size that the images of a data set get if the configuration sets none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from statistics import median_low

from pipeline.data.arrays import Size

LONGEST_SIDE = 64
"""An autoencoder of this package learns little from details that are lost at this size, and takes hours above it."""
MULTIPLE = 4
"""Sides are divided by 2 twice in the models of this package."""
SHORTEST_SIDE = 8


def choose_size(sizes: Sequence[Size]) -> tuple[Size, str]:
    """Return the (height, width) for images of these sizes, and a note, which is empty if no image is resized.

    Images of one size up to 64 pixels keep it; larger ones are shrunk to 64 pixels on the longer side. Images of
    different sizes become squares, whose side is the median of the shorter sides, at most 64. New sides are rounded
    down to multiples of 4.
    """
    counts = Counter(sizes)
    height, width = counts.most_common(1)[0][0]
    if len(counts) == 1:
        if max(height, width) <= LONGEST_SIDE:
            return (height, width), ""
        scale = LONGEST_SIDE / max(height, width)
        chosen = (_round_down(height * scale), _round_down(width * scale))
        return chosen, _note(f"images are {width}×{height} pixels", chosen)
    side = _round_down(min(LONGEST_SIDE, median_low(min(size) for size in sizes)))
    smallest, largest = (find(sizes, key=lambda size: (size[0] * size[1], size)) for find in (min, max))
    extent = f"from {smallest[1]}×{smallest[0]} to {largest[1]}×{largest[0]} pixels"
    return (side, side), _note(f"images have {len(counts):,} sizes {extent}", (side, side))


def _round_down(side: float) -> int:
    return max(SHORTEST_SIDE, int(side) // MULTIPLE * MULTIPLE)


def _note(sizes: str, chosen: Size) -> str:
    target = f"{chosen[1]}×{chosen[0]}"
    return (
        f"data.image_size: {sizes}; all are resized to {target}; data.image_size=… sets another size, and "
        "model=pretrained reads photographs at its own"
    )
