"""Images that look faulty: blank, too dark, too bright, blurred, or of an odd size."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from pipeline.artifacts.base import Float
from pipeline.config import Quality
from pipeline.data.file_facts import FileFacts
from pipeline.stages.quality.measures import Measures

Flags = NDArray[np.bool_]
HALF = 0.5
"""An image is dark or bright only if it is so by half, relative to the median image."""
SMALLEST_SPREAD = 0.05
"""The spread of the sharpness is taken to be at least this, so that in a uniform set small differences do not count."""


def flag_faulty_images(config: Quality, measures: Measures, files: FileFacts | None) -> dict[str, Flags]:
    """Return whether each image (n,) fails each of the checks; without files no image has an odd size.

    Blank images fail no other check but that of the size.
    """
    blank = measures.contrast <= config.blank
    return {
        "blank": blank,
        "dark": ~blank & is_low(measures.brightest, config.dark),
        "bright": ~blank & is_low(1 - measures.darkest, 1 - config.bright),
        "blurred": ~blank & (robust_z_scores(measures.sharpness, ~blank) < -config.blurred),
        "odd_sized": np.zeros(len(blank), bool) if files is None else is_odd_sized(config, files),
    }


def is_low(values: Float, limit: float) -> Flags:
    """Return whether values (n,) are below `limit` and below half the median, which spares a set of dark images."""
    return np.asarray(values < min(limit, HALF * float(np.median(values))))


def robust_z_scores(values: Float, counted: Flags) -> Float:
    """Return the distance (n,) of values from the median of the `counted` ones, in robust standard deviations.

    Source: the modified z-score of Iglewicz and Hoaglin, "How to Detect and Handle Outliers", 1993, who call an
    absolute score above 3.5 an outlier; the standard deviation is 1.4826 times the median absolute deviation.
    """
    if not counted.any():
        return np.zeros(len(values), np.float32)
    median = np.median(values[counted])
    spread = 1.4826 * np.median(np.abs(values[counted] - median))
    return np.asarray((values - median) / max(spread, SMALLEST_SPREAD), np.float32)


def is_odd_sized(config: Quality, files: FileFacts) -> Flags:
    """Return whether each original image (n,) differs from the median image in size or shape.

    It has `odd_size` times more or less pixels, or its longer side relative to the shorter one is `odd_aspect` times
    more or less; whether it is upright or lying does not count.
    """
    return np.asarray(_oddness(config, files) > 1)


def _oddness(config: Quality, files: FileFacts) -> Float:
    """How many times its limit an original image (n,) differs from the median image, in size or in shape."""
    aspect = files.sizes.max(axis=1) / files.sizes.min(axis=1)
    limits = ((files.pixels.astype(float), config.odd_size), (aspect, config.odd_aspect))
    logarithms = [np.abs(np.log(values / np.median(values))) / np.log(limit) for values, limit in limits]
    return np.asarray(np.max(logarithms, axis=0), np.float32)


def order_flagged(
    config: Quality, name: str, flags: Mapping[str, Flags], measures: Measures, files: FileFacts | None
) -> list[int]:
    """Return the rows of the images that fail a check, the most striking first."""
    severity = {
        "blank": measures.contrast,
        "dark": measures.brightest,
        "bright": -measures.darkest,
        "blurred": measures.sharpness,
    }
    if files is not None:
        severity["odd_sized"] = -_oddness(config, files)
    rows = np.flatnonzero(flags[name])
    return rows[np.argsort(severity[name][rows], kind="stable")].tolist() if len(rows) else []
