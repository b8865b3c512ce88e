"""The pixel values of arrays that are read as 0 and 1: one range for the whole data set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.artifacts.base import Pixel
from pipeline.artifacts.images import to_unit_range
from pipeline.data.value_range import Range, sensor_range
from pipeline.runtime.errors import UserError

DARK_SHARE = 1 / 8
"""Images whose values use less of the range than this are nearly black."""
CHUNK = 1024
"""Images that are scaled at a time."""


@dataclass(frozen=True)
class ValueFormat:
    """The dtype of a data set's arrays as they were given, and the values that were read as 0 and 1.

    `is_cut` says that the limits were set, so that values outside are cut off; otherwise all values lie inside.
    """

    dtype: str
    limits: Range
    is_cut: bool = False


def to_value_format(values: Mapping[str, Any]) -> ValueFormat | None:
    """Return the format that an artifact has stored as a table; None if it has none."""
    if not values:
        return None
    low, high = values["limits"]
    return ValueFormat(values["dtype"], (low, high), values["is_cut"])


@dataclass(frozen=True)
class ScaledParts:
    """The parts of a data set as uint8 or float32 in [0, 1], the format of the first, and notes on what was assumed."""

    parts: list[Pixel]
    value_format: ValueFormat
    notes: list[str]


def scale_parts(parts: Sequence[NDArray[Any]], rule: str | Sequence[float] = "auto") -> ScaledParts:
    """Return the parts of a data set scaled by one range, as uint8 where that is exact, else as float32 in [0, 1].

    `rule` is `auto` or `dtype` (see `find_limits`), or two numbers, the values to read as 0 and 1; values outside are
    cut off. Parts share a range unless some are floats and others integers. All are uint8, or all float32.

    Raises:
        UserError: a value is not finite, or `auto` has no range for the values.
    """
    groups = [list(parts)] if len({_kind(part.dtype) for part in parts}) == 1 else [[part] for part in parts]
    scaled: list[Pixel] = []
    formats, notes = [], list[str]()
    for group in groups:
        dtype = max((part.dtype for part in group), key=lambda dtype: dtype.itemsize).newbyteorder("=")
        low, high = _measure(group, dtype)
        limits = find_limits(dtype, low, high, rule)
        notes += _describe(dtype, low, high, limits, rule)
        scaled += [scale_array(part, limits) for part in group]
        formats.append(ValueFormat(dtype.name, limits, not isinstance(rule, str)))
    if len({part.dtype for part in scaled}) > 1:
        scaled = [to_unit_range(part) for part in scaled]
    return ScaledParts(scaled, formats[0], list(dict.fromkeys(notes)))


def _kind(dtype: np.dtype[Any]) -> str:
    """Arrays of one kind can share a range: float, integer or boolean."""
    return "integer" if dtype.kind in "ui" else dtype.kind


def _measure(parts: Sequence[NDArray[Any]], dtype: np.dtype[Any]) -> Range:
    """The smallest and the largest value; 0 and 0 without images."""
    filled = [part for part in parts if part.size]
    extremes = [float(value) for part in filled for value in (part.min(), part.max())] or [0.0]
    if not np.isfinite(extremes).all():
        raise UserError(
            f"data: images are {dtype} with values that are NaN or infinite; replace them by finite numbers"
        )
    return min(extremes), max(extremes)


def find_limits(dtype: np.dtype[Any], low: float, high: float, rule: str | Sequence[float]) -> Range:
    """Return the values to read as 0 and 1 in a data set of this dtype whose values lie from `low` to `high`.

    `dtype`: 0 to the largest value of an integer type, from its smallest if there are negative values; 0 to 1 for
    floats. `auto`: the first of these that holds all values:

    - 0 to 1 for booleans, integers and floats;
    - 0 to 255 for uint8; for uint16 above 255 the largest value of 10, 12 or 14 bits; 0 to 65,535 for other uint16;
    - −1 to 1 if there are values below −1/8; −128 to 127 for int8;
    - for other types 0 to 255 if the largest value is at least 32; for integers also those of 10, 12, 14 or 16 bits.

    Raises:
        UserError: no range of `auto` suits, or floats are not in [0, 1] with `dtype`.
    """
    if not isinstance(rule, str):
        return float(rule[0]), float(rule[1])
    limits = _type_limits(dtype, low) if rule == "dtype" else _usual_limits(dtype, low, high)
    if limits is None or not limits[0] <= low <= high <= limits[1]:
        raise UserError(
            f"data: images are {dtype} from {_number(low)} to {_number(high)}, which is no usual range; set the values "
            f"of black and white, such as data.value_range=[{_number(low)},{_number(high)}]"
        )
    return limits


def _type_limits(dtype: np.dtype[Any], low: float) -> Range:
    if dtype.kind in "bf":
        return 0.0, 1.0
    limits = np.iinfo(dtype)
    return float(limits.min if low < 0 else 0), float(limits.max)


def _usual_limits(dtype: np.dtype[Any], low: float, high: float) -> Range | None:
    is_integer = dtype.kind in "ui"
    if low >= 0 and high <= 1:
        return 0.0, 1.0
    if dtype == np.uint8:
        return 0.0, 255.0
    if low < 0:
        if low <= -DARK_SHARE and low >= -1 and high <= 1:
            return -1.0, 1.0
        return (-128.0, 127.0) if dtype == np.int8 else None
    if dtype != np.uint16 and high <= 255:
        return (0.0, 255.0) if high >= 255 * DARK_SHARE else None
    if not is_integer or high > 65_535:
        return None
    return sensor_range(high)


def _describe(dtype: np.dtype[Any], low: float, high: float, limits: Range, rule: str | Sequence[float]) -> list[str]:
    """Notes on an assumed range, on values that leave images nearly black, and on values that are cut off."""
    values = f"data.value_range: images are {dtype} from {_number(low)} to {_number(high)}"
    black, white = map(_number, limits)
    if low < limits[0] or high > limits[1]:
        return [f"{values}; values outside {black} to {white} are cut off"]
    if rule != "auto" or low == high:
        return []
    if high - limits[0] < DARK_SHARE * (limits[1] - limits[0]):
        return [
            f"{values} and nearly black, because white is {white}; if {_number(high)} is white, set "
            f"data.value_range=[{black},{_number(high)}]"
        ]
    if (dtype == np.uint8 and limits[1] == 255) or (dtype.kind in "bf" and limits == (0.0, 1.0)):
        return []  # the usual forms
    return [f"{values}; {black} is read as black and {white} as white; data.value_range=[LOW,HIGH] sets other limits"]


def _number(value: float) -> str:
    return f"{value:.10g}"


def conform_values(array: NDArray[Any], value_format: ValueFormat | None, description: str) -> Pixel:
    """Return a further array scaled as the data set of this format was.

    An array of another dtype, or without a format, must be uint8, boolean, or floats in [0, 1].

    Raises:
        UserError: values lie outside the limits of the data set, or of the dtype.
    """
    dtype = array.dtype
    is_same = value_format is not None and (
        dtype.newbyteorder("=").name == value_format.dtype
        or (
            np.uint8 not in (dtype, np.dtype(value_format.dtype))
            and _kind(dtype) == _kind(np.dtype(value_format.dtype))
        )
    )
    limits = value_format.limits if value_format is not None and is_same else _own_limits(dtype)
    low, high = _measure([array], dtype)
    is_cut = value_format is not None and is_same and value_format.is_cut
    if not is_cut and not limits[0] <= low <= high <= limits[1]:
        raise UserError(
            f"data: {description} are {dtype} from {_number(low)} to {_number(high)}; give values from "
            f"{_number(limits[0])} to {_number(limits[1])} as in the data set, uint8, or floats in [0, 1]"
        )
    return scale_array(array, limits)


def _own_limits(dtype: np.dtype[Any]) -> Range:
    return (0.0, 255.0) if dtype == np.uint8 else (0.0, 1.0)


def scale_array(array: NDArray[Any], limits: Range) -> Pixel:
    """Return an array scaled so that `limits` become 0 and 1; values outside are cut off.

    Integers are returned as uint8 where all values in the limits are multiples of 1/255, else all as float32.
    """
    kind = array.dtype.kind
    if array.dtype == np.uint8 and limits == (0.0, 255.0):
        return array
    if kind == "f" and limits == (0.0, 1.0):
        values = array.astype(np.float32)
        return np.clip(values, 0, 1, out=values)
    if kind != "f" and limits == (0.0, 1.0):
        white: NDArray[np.uint8] = np.where(array > 0, np.uint8(255), np.uint8(0))
        return white
    if kind != "f" and limits == (0.0, 255.0):
        pixels: NDArray[np.uint8] = np.clip(array, 0, 255).astype(np.uint8)
        return pixels
    scaled = np.empty(array.shape, np.float32)
    for start in range(0, len(array), CHUNK):
        values = array[start : start + CHUNK].astype(np.float64)
        scaled[start : start + CHUNK] = np.clip((values - limits[0]) / (limits[1] - limits[0]), 0, 1)
    return scaled
