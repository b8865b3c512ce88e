"""The pixel values that are read as 0 and 1: one range for all images of a data set that have the same depth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from pipeline.config.base import Depth
from pipeline.runtime.counts import count_words
from pipeline.runtime.errors import UserError

Range = tuple[float, float]
"""The values that are read as 0 (black) and as 1 (white)."""
ValueRange = Literal["auto", "dtype"] | Range | Mapping[Depth, Sequence[float]]
"""A rule for all depths, a range for all depths, or a range for each depth."""

FULL_RANGE: dict[Depth, Range] = {
    "8-bit": (0, 255), "16-bit": (0, 65_535), "32-bit": (0, 2**31 - 1), "float": (0, 1),
}  # fmt: skip
SENSOR_BITS = (10, 12, 14)
"""Depths of cameras and scanners whose values are stored in 16 bits."""


def sensor_range(high: float) -> Range:
    """Return the range of 16-bit values up to `high`: the smallest of 10, 12, 14 or 16 bits that holds them.

    If `high` is at most 255, nothing suggests a sensor's depth and it is 16 bits.
    """
    bits = next((bits for bits in SENSOR_BITS if 255 < high < 2**bits), 16)
    return 0.0, 2.0**bits - 1


def choose_range(depth: Depth, low: float, high: float, rule: ValueRange) -> Range:
    """Return the range of all images of a depth, whose values lie from `low` to `high` in the whole data set.

    `dtype` is the range of the depth (floats: 0 to 1). `auto` is that range for 8 bits; `decode_images` replaces it by
    0 to 1 for a set of 8-bit images without a value above 1. 16-bit images have the `sensor_range` of `high`. Floats
    and 32-bit integers have the range 0 to 1 if their values lie there, else `low` to `high`.

    Raises:
        UserError: a configured range is empty.
    """
    limits = rule.get(depth, FULL_RANGE[depth]) if isinstance(rule, Mapping) else rule
    if not isinstance(limits, str):
        if len(limits) != 2 or not limits[0] < limits[1]:
            raise UserError(f"data.value_range = {list(limits)}: give two values, the smaller first, as in [0,4095]")
        return float(limits[0]), float(limits[1])
    if rule == "dtype" or depth == "8-bit":
        return FULL_RANGE[depth]
    if depth == "16-bit":
        return sensor_range(high)
    return (0.0, 1.0) if (low >= 0 and high <= 1) or low == high else (low, high)


def describe_range(depth: Depth, count: int, low: float, high: float, limits: Range) -> str:
    """Return a note on the range that was chosen for images of more than 8 bits; empty for 8 bits."""
    if depth == "8-bit":
        return ""
    images = count_words(count, f"{depth} image has", f"{depth} images have")
    return (
        f"data.value_range: {images} values from {low:,.6g} to {high:,.6g}; {limits[0]:,.6g} is read as black and "
        f"{limits[1]:,.6g} as white; data.value_range=[LOW,HIGH] changes it"
    )


def scale_values(values: NDArray[np.float32], limits: Range) -> None:
    """Scale values in place so that `limits` become 0 and 1; values outside are set to 0 or 1."""
    low, high = limits
    np.subtract(values, np.float32(low), out=values)
    np.divide(values, np.float32(high - low), out=values)
    np.clip(values, 0, 1, out=values)


def to_ranges(values: Mapping[str, Any]) -> dict[Depth, Range]:
    """Return stored ranges by depth; entries of other depths are ignored."""
    return {depth: (float(values[depth][0]), float(values[depth][1])) for depth in FULL_RANGE if depth in values}
