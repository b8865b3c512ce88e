"""Labels of any form, numbers or words, as indices into the names of their classes."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.runtime.errors import UserError

MAX_CLASS_INDEX = 65_535
"""Larger integers are names of classes, not indices into a list of names."""
UNKNOWN_WORDS = frozenset(("", "nan", "NaN", "None", "<NA>"))
"""Words that tables hold in place of a missing label."""

Indices = NDArray[np.int32]


def index_labels(
    labels: Sequence[NDArray[Any] | None], sizes: Sequence[int], names: Sequence[str] = ()
) -> tuple[list[Indices], list[str], list[str]]:
    """Return the labels of each part as int32 indices into the names, the names, and notes on what was assumed.

    A part has `sizes[i]` images and labels (n,), (n, 1), or one-hot (n, k), or None. Integers from 0 to
    `MAX_CLASS_INDEX` are indices: `names[i]` is the name of class i, or else the number. Other labels are names, which
    are added to `names` in ascending order, those of all parts together. Whole floats are integers, bytes are UTF-8.
    The index is −1 where a label is unknown: a negative integer, NaN, None, or one of `UNKNOWN_WORDS`.

    Raises:
        UserError: a shape, a number or a type is not that of labels.
    """
    notes: list[str] = []
    values = [
        None if part is None else _to_values(_to_vector(part, size, notes), notes)
        for part, size in zip(labels, sizes, strict=True)
    ]
    present = [value for part in values if part is not None for value in part if value is not None]
    all_names = list(names)
    numbers = [value for value in present if isinstance(value, int) and value <= MAX_CLASS_INDEX]
    if len(numbers) == len(present):
        all_names += [str(i) for i in range(len(all_names), max(numbers, default=-1) + 1)]
        index: dict[int | str, int] = {i: i for i in range(len(all_names))}
    else:
        all_names += sorted({str(value) for value in present} - set(all_names), key=_sort_key)
        rows = {name: i for i, name in enumerate(all_names)}
        index = {value: rows[str(value)] for value in present}
    indices = [
        np.full(size, -1, np.int32)
        if part is None
        else np.array([-1 if value is None else index[value] for value in part], np.int32)
        for part, size in zip(values, sizes, strict=True)
    ]
    return indices, all_names, list(dict.fromkeys(notes))


def _sort_key(name: str) -> tuple[bool, float, str]:
    """Numbers in ascending order before words in alphabetical order."""
    is_number = re.fullmatch(r"\d+(\.\d+)?", name) is not None
    return not is_number, float(name) if is_number else 0.0, name


def _to_vector(labels: NDArray[Any], n: int, notes: list[str]) -> NDArray[Any]:
    """Labels (n,) of labels (n,), (n, 1) or one-hot (n, k)."""
    if len(np.atleast_1d(labels)) != n:
        raise UserError(f"data: {len(np.atleast_1d(labels))} labels for {n} images; give one label for each image")
    if labels.ndim == 2 and labels.shape[1] == 1:
        return labels.reshape(n)
    if labels.ndim == 1:
        return labels
    if labels.ndim == 2 and labels.dtype.kind in "buif" and _is_one_hot(labels):
        notes.append(f"labels of shape {labels.shape} are read as one-hot: the class is the column that holds the 1")
        return np.asarray(np.argmax(labels, axis=1))
    raise UserError(
        f"data: labels have shape {labels.shape}; give one number or word for each image, {(n,)}, or rows of zeros "
        "with a single 1"
    )


def _is_one_hot(labels: NDArray[Any]) -> bool:
    return bool(((labels == 0) | (labels == 1)).all() and (labels.sum(axis=1) == 1).all())


def _to_values(labels: NDArray[Any], notes: list[str]) -> list[int | str | None]:
    """Each label as a class number, a word, or None if it is unknown."""
    if labels.dtype.kind not in "buifSUO":
        raise UserError(f"data: labels are {labels.dtype}; give integers or words")
    unknown: Counter[str] = Counter()
    values = [_to_value(value, unknown) for value in labels.tolist()]
    if unknown:
        counts = ", ".join(f"{name} ({count:,})" for name, count in unknown.most_common(5))
        counts += ", …" if len(unknown) > 5 else ""
        notes.append(f"{unknown.total():,} of {len(values):,} labels are read as unknown: {counts}")
    if labels.dtype.kind == "f" and any(isinstance(value, str) for value in values):
        classes = len({value for value in values if value is not None})
        notes.append(f"labels are numbers with fractions; each of the {classes:,} different values is a class")
        values = [None if value is None else str(value) for value in values]
    return values


def _to_value(value: Any, unknown: Counter[str]) -> int | str | None:
    if isinstance(value, bytes):
        value = value.decode("utf-8", "backslashreplace")
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, bool):
        return str(value)
    if not isinstance(value, int | float | str | None):
        raise UserError(f"data: labels hold {type(value).__name__}; give integers or words")
    if isinstance(value, float) and math.isinf(value):
        raise UserError("data: labels hold infinite numbers; give integers or words")
    if isinstance(value, int | float) and (math.isnan(value) or value < 0):
        unknown["NaN" if math.isnan(value) else f"{value:g}"] += 1
        return None
    if value is None or value in UNKNOWN_WORDS:
        unknown[repr(value) if value else "empty"] += 1
        return None
    if isinstance(value, float) and not value.is_integer():
        return f"{value:.10g}"
    return str(value) if isinstance(value, str) else int(value)
