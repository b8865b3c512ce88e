"""The compiled part of UMAP's layout: the pulls and pushes of some edges in one epoch.

It is a module of its own because Numba keeps compiled code on disk by source file, and because it is imported only
where a layout is computed.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numba import njit

from pipeline.embedding.compiled_functions import keep_compiled

MAX_STEP = np.float32(4)
"""Longest movement along an axis by one pull or push, at a learning rate of 1; as in umap-learn."""

MIN_SQUARE = np.float32(0.001)
"""Added to the squared distance that a push is divided by, to avoid division by zero; as in umap-learn."""

FAR = np.float32(1e15)
"""Squared distance at which a push is nearly zero: a point does not push itself."""

ONE, TWO = np.float32(1), np.float32(2)
"""Numbers for the compiled code: Python's would make the arithmetic 64-bit."""

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
"""Increment of SplitMix64, the generator of the random pairs that repel (Steele, Lea, Flood 2014)."""

LOGARITHM = np.array(
    [1.4426948, -0.72131072, 0.48007375, -0.35345468, 0.2561797, -0.15559997, 0.063787596, -0.012370643], np.float32
)
"""Coefficients, from the constant on, of the Chebyshev interpolation of log2(1 + f) / f on [0, 1]; error 2e-7."""

POWER_OF_2 = np.array([0.9999999, 0.69315462, 0.24014077, 0.055863283, 0.0089462147, 0.0018951073], np.float32)
"""Coefficients of the Chebyshev interpolation of 2^f on [0, 1]; relative error 1e-7."""


@njit(fastmath=True)  # type: ignore[untyped-decorator]
def power(x: Any, b: Any) -> Any:
    """Return x^b float32 for x ≥ 0 and b > 0, with a relative error of about 2e-6, or 2^−126 where it is smaller.

    The C library's function is called for one number at a time; the compiler vectorizes this arithmetic to 8 or 16.
    """
    bits = np.float32(x).view(np.int32)
    exponent = np.float32(np.int32(bits >> np.int32(23)) - np.int32(127))
    f = np.int32((bits & np.int32(0x7FFFFF)) | np.int32(0x3F800000)).view(np.float32) - ONE
    series = np.float32(0)
    for i in range(LOGARITHM.size - 1, -1, -1):
        series = series * f + LOGARITHM[i]
    result = min(max(b * (exponent + f * series), np.float32(-126)), np.float32(126))
    whole = np.floor(result)
    series = np.float32(0)
    for i in range(POWER_OF_2.size - 1, -1, -1):
        series = series * (result - whole) + POWER_OF_2[i]
    return series * np.int32((np.int32(whole) + np.int32(127)) << np.int32(23)).view(np.float32)


@njit  # type: ignore[untyped-decorator]
def mix(state: Any) -> Any:
    """Return the uint64 random number that SplitMix64 derives from its state."""
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return state ^ (state >> np.uint64(31))


@cache
def compile_move(p: int, pushes: int) -> Callable[..., None]:
    """Compile `move` for coordinates (n, p) and a number of pushes per end; as constants they make it much faster."""
    width = 2 * pushes

    def move(
        first_edge: int,
        end_edge: int,
        points: Any,
        previous: Any,
        ends: Any,
        shares: Any,
        epoch: Any,
        rate: Any,
        curve: Any,
        key: Any,
    ) -> None:
        n, (a, b, strength) = np.uint64(len(previous)), curve
        position, step = np.empty((2, p), np.float32), np.empty((2, p), np.float32)
        difference, differences = np.empty(p, np.float32), np.empty((width, p), np.float32)
        squares, forces = np.empty(width, np.float32), np.empty(width, np.float32)
        for edge in range(first_edge, end_edge):
            if np.floor((epoch + ONE) * shares[edge]) == np.floor(epoch * shares[edge]):
                continue
            for axis in range(p):
                position[0, axis], position[1, axis] = points[ends[edge, 0], axis], points[ends[edge, 1], axis]
                difference[axis] = position[0, axis] - position[1, axis]
                step[0, axis] = 0
            for _ in range(2):  # the graph is symmetric: umap-learn has every edge twice
                square = np.float32(0)
                for axis in range(p):
                    square += difference[axis] * difference[axis]
                powered = power(square, b)
                force = -TWO * a * b * powered / (max(square, MIN_SQUARE * MIN_SQUARE) * (a * powered + ONE))
                for axis in range(p):
                    pull = rate * min(max(force * difference[axis], -MAX_STEP), MAX_STEP)
                    step[0, axis] += pull
                    difference[axis] += TWO * pull
            for axis in range(p):
                step[1, axis] = -step[0, axis]
            state = mix(key ^ mix(np.uint64(edge)))
            # Pushes are computed at the positions before the pull, each part for all of them, for the same reason
            # as in `power`.
            for push in range(width):
                state += GOLDEN
                end, other = push % 2, np.int64(((mix(state) >> np.uint64(32)) * n) >> np.uint64(32))
                square = np.float32(0)
                for axis in range(p):
                    differences[push, axis] = position[end, axis] - previous[other, axis]
                    square += differences[push, axis] * differences[push, axis]
                squares[push] = FAR if other == ends[edge, end] else square
            for push in range(width):
                square = squares[push]
                forces[push] = TWO * strength * b / ((MIN_SQUARE + square) * (a * power(square, b) + ONE))
            for push in range(width):
                for axis in range(p):
                    step[push % 2, axis] += rate * min(max(forces[push] * differences[push, axis], -MAX_STEP), MAX_STEP)
            for end in range(2):
                for axis in range(p):
                    points[ends[edge, end], axis] = position[end, axis] + step[end, axis]

    compiled: Callable[..., None] = njit(move, nogil=True, fastmath=True)
    keep_compiled(compiled)
    return compiled
