"""Vectors in CSV files: all columns of numbers, beside labels and texts."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pipeline.data.csv_columns import find_separator, first_lines, is_number, is_numbered_header
from pipeline.data.vector_columns import ID_NAMES, TEXT_NAMES, Columns, VectorFile, choose_label, choose_name, to_texts
from pipeline.runtime.errors import ArgumentError, explain_file_error
from pipeline.runtime.observer import Observer

if TYPE_CHECKING:
    import pandas as pd

UNNAMED = re.compile(r"Unnamed: 0(\.\d+)?")
"""The name that pandas gives a column without one, as its own row numbers have."""


def read_csv_vectors(file: Path, columns: Columns, observer: Observer) -> VectorFile:
    """Return the columns of numbers of a CSV file, its labels and its texts.

    Columns are separated by commas, semicolons or tabs. Notes say which columns are not read, and which names differ
    from those of the other dimensions.

    Raises:
        UserError: the file cannot be read, has no column of numbers, or a column of numbers has another cell.
    """
    import pandas as pd

    try:
        lines = first_lines(file)
        separator, decimal = _find_separator(lines)
        has_header = _has_header(lines, separator, decimal)
        table = pd.read_csv(
            file, sep=separator, decimal=decimal, header=0 if has_header else None,
            encoding="utf-8-sig", index_col=False,
        )  # fmt: skip
    except (OSError, ValueError) as error:
        raise ArgumentError(f"path: {file} cannot be read as CSV: {explain_file_error(error)}") from error
    names = [str(name) for name in table.columns]
    table.columns = pd.Index(names)
    label = choose_label(columns.label_among(names), names, file)
    if columns.labels == "auto" and label in ("y", "Y") and {"x", "X"} & set(names):
        label = None  # a coordinate
    text = choose_name("data.text_column", columns.texts, (*TEXT_NAMES, *ID_NAMES), names, file)
    others = [name for name in names if name not in (label, text)]
    words = [name for name in others if not pd.api.types.is_numeric_dtype(table[name])]
    _refuse_mixed_columns(table[words], file)
    indices = [name for name in others if UNNAMED.fullmatch(name)]
    if words:
        observer.note(f"columns that hold no numbers are not read: {', '.join(words[:10])}")
    if indices:
        observer.note("a column without a name is not read, because pandas writes row numbers so")
    dimensions = [name for name in others if name not in {*words, *indices}]
    _note_unusual_names(dimensions, observer)
    if not dimensions:
        raise ArgumentError(f"path: {file} has no column of numbers; it has {', '.join(names[:20])}")
    labels = None if label is None else table[label].to_numpy(object)
    texts = None if text is None else to_texts(table[text])
    return VectorFile(
        table[dimensions].to_numpy(np.float64), labels, None, texts, dimensions=dimensions if has_header else None
    )


def _find_separator(lines: Sequence[str]) -> tuple[str, str]:
    """The separator of a table and its decimal point: a comma if semicolons or tabs separate numbers with commas."""
    first, second = lines
    separator = find_separator(first)
    return separator, "," if separator != "," and re.search(r"\d,\d", second or first) else "."


def _refuse_mixed_columns(table: pd.DataFrame, file: Path) -> None:
    """Raise an `ArgumentError` if most cells of a column are numbers and some are not."""
    import pandas as pd

    for name in table.columns:
        is_number = pd.to_numeric(table[name], errors="coerce").notna()
        is_word = ~is_number & table[name].notna()
        if is_number.mean() > 0.5 and is_word.any():
            row = int(np.argmax(is_word.to_numpy()))
            raise ArgumentError(
                f"path: {file} has {table[name].iloc[row]!r} in row {row + 1} of the column {name}, which otherwise "
                "holds numbers; correct it, or remove the column"
            )


def _note_unusual_names(names: Sequence[str], observer: Observer) -> None:
    """Say which dimensions have names unlike those of the others, such as `user_id` among `d0`, `d1`, …."""
    patterns = Counter(re.sub(r"\d+", "0", name) for name in names)
    common, count = patterns.most_common(1)[0] if patterns else ("", 0)
    unusual = [name for name in names if re.sub(r"\d+", "0", name) != common]
    if count > 1 and unusual:
        observer.note(
            f"read as dimensions: {', '.join(unusual[:10])}; data.label_column=NAME reads labels, and columns that are "
            "no part of the vectors must be removed"
        )


def _has_header(lines: Sequence[str], separator: str, decimal: str) -> bool:
    """Whether the first line of a table names its columns.

    Names may be numbers, as pandas writes them, and among words any whole numbers that grow.
    """
    first, second = (
        [cell.strip().replace(decimal, ".") for cell in next(csv.reader([line], delimiter=separator), [])]
        for line in lines
    )
    numbers = [cell for cell in first if is_number(cell)]
    if not numbers or is_numbered_header(first, second):
        return True
    is_growing = all(map(str.isdecimal, numbers)) and sorted(set(numbers), key=int) == numbers
    return len(numbers) < len(first) and is_growing
