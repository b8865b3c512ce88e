"""The columns of a CSV file with a pixel in each: which are pixels, in which order, and which one is the label."""

from __future__ import annotations

import csv
import gzip
import math
import re
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from pipeline.data.array_names import LABEL_COLUMNS, square_shape, usual_name
from pipeline.runtime.errors import ArgumentError, explain_file_error, first_line

SEPARATORS = ",;\t"
LONGEST_LINE = 2**24
"""Characters of a line that are read; a line of a million pixels has a quarter of that."""

_POSITION = re.compile(r"(?:pixel|pix|px|p)?[ _]?(\d{1,4})[x_](\d{1,4})", re.IGNORECASE)
"""Names such as `28x28`: the row and the column of a pixel."""
_NUMBER = re.compile(r"(?:pixel|pix|px|p|x)?[ _]?(\d{1,7})", re.IGNORECASE)
"""Names such as `pixel783`: its number."""


class NoPixelColumnsError(ArgumentError):
    """A table whose columns are not those of pixels."""


@dataclass(frozen=True)
class CsvFile:
    """A file of pixels: its columns, those of the pixels row by row, and that of the labels, None if it has none.

    `shape` is the (height, width) that the names of the pixels give; empty if they are numbered. `note` says what was
    assumed.
    """

    path: Path
    name: str
    separator: str
    has_header: bool
    columns: list[str]
    pixels: list[str]
    label: str | None
    shape: tuple[int, ...] = ()
    note: str = ""


def open_csv(path: Path, root: Path, label_column: str | int | None, n_pixels: int | None) -> CsvFile:
    """Return the columns of a file in the folder `root`, or of the file `root`.

    Pixels are the columns named `1x1` (row and column), `pixel0`, or by numbers. Without a header, all columns are
    pixels; the first one is the label if the remaining columns number `n_pixels` or, if that is None, a square.
    `label_column` is a name, or a number that counts from 0 if there is no header; `auto` is one of `LABEL_COLUMNS`;
    None is none. A file may lack it.

    Raises:
        ArgumentError: the file cannot be read, its columns are ambiguous, or none are pixels (`NoPixelColumnsError`).
    """
    name = path.relative_to(root).as_posix() if path != root else path.name
    lines = first_lines(path)
    separator = find_separator(lines[0])
    first, second = ([cell.strip() for cell in next(csv.reader([line], delimiter=separator), [])] for line in lines)
    if all(map(is_number, first)):
        columns = [str(number) for number in range(len(first))]
        label = _numbered_label(columns, label_column, n_pixels)
        pixels = [column for column in columns if column != label]
        note = ""
        if label is not None and label_column == "auto":
            note = (
                f"{name} names no columns: the first of {len(columns):,} is read as labels; "
                f"data.label_column={len(columns) - 1} is the last, data.label_column=null none"
            )
        return CsvFile(path, name, separator, is_numbered_header(first, second), columns, pixels, label, note=note)
    label = _named_label(path, first, label_column)
    others = [column for column in first if column != label]
    pixels, shape = _sort_pixels(others, path)
    if not pixels and len(others) == n_pixels:
        pixels = others
    if not pixels:
        raise NoPixelColumnsError(
            f"path: {path} has no columns of pixels (1x1, 1x2, … or pixel0, pixel1, …) among {join_names(first)}; "
            "data=image_list reads a list of image files, data=vectors reads vectors"
        )
    unused = [column for column in others if column not in set(pixels)]
    note = f"columns of {name} that are neither pixels nor labels are not read: {join_names(unused)}" if unused else ""
    return CsvFile(path, name, separator, True, first, pixels, label, shape, note)


def find_separator(line: str) -> str:
    """Return the separator of a table: the comma, semicolon or tab that is most frequent in its first line."""
    return max(SEPARATORS, key=line.count)


def parse_labels(cells: Sequence[str | None]) -> NDArray[Any]:
    """Return labels (n,) as integers if all that are known are whole numbers, else as words; None for an empty cell."""
    values: list[Any] = [cell or None for cell in cells]
    known = [value for value in values if value is not None]
    if all(re.fullmatch(r"-?\d{1,9}(\.0+)?", value) for value in known):
        values = [None if value is None else int(float(value)) for value in values]
    return np.array([None, *values], object)[1:]


def first_lines(path: Path) -> list[str]:
    """Return the first two lines of a table, gzipped or not, without a byte order mark; the second may be empty.

    Raises:
        ArgumentError: the file cannot be read, or its first line is empty.
    """
    if path.is_dir():
        raise ArgumentError(f"path: {path} is a folder; give a table, or read the folder by data=image_folder")
    try:
        with _open_text(path) as stream:
            lines = [stream.readline(LONGEST_LINE).rstrip("\r\n") for _ in range(2)]
    except UnicodeDecodeError as error:
        raise ArgumentError(
            f"path: {path} cannot be read as CSV: it is not UTF-8 ({first_line(error)}); save a table as UTF-8, in "
            "Excel as “CSV UTF-8”"
        ) from error
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise ArgumentError(f"path: {path} cannot be read as CSV: {explain_file_error(error)}") from error
    if not lines[0].strip():
        raise ArgumentError(f"path: {path} cannot be read as CSV: its first line is empty")
    return lines


def _open_text(path: Path) -> IO[str]:
    if path.suffix.lower() == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig")
    return path.open(encoding="utf-8-sig")


def is_number(cell: str) -> bool:
    """Return whether a cell is a finite number with a decimal point."""
    try:
        return math.isfinite(float(cell))
    except ValueError:
        return False


def is_numbered_header(first: Sequence[str], second: Sequence[str]) -> bool:
    """Return whether a line of numbers is one that pandas wrote above columns without names, or with repeated ones.

    These are 0, 1, 2, …, and 5, 0, 0.1, 0.2, …, where a fraction counts the columns of the same name before. It is not
    the only line, so the next one has cells.
    """
    repeats = Counter[str]()
    for cell in first:
        name = cell.partition(".")[0]
        if cell != (f"{name}.{repeats[name]}" if repeats[name] else name):
            return False
        repeats[name] += 1
    is_counted = list(first) == [str(number) for number in range(len(first))]
    return len(first) > 1 and any(second) and (is_counted or any("." in cell for cell in first))


def _numbered_label(columns: Sequence[str], label_column: str | int | None, n_pixels: int | None) -> str | None:
    if label_column != "auto":
        return str(label_column) if str(label_column) in columns else None
    rest = len(columns) - 1
    if n_pixels in (rest, rest + 1):
        is_labelled = rest == n_pixels
    else:
        is_labelled = bool(square_shape(rest) and not square_shape(rest + 1))
    return columns[0] if is_labelled else None


def _named_label(path: Path, names: Sequence[str], label_column: str | int | None) -> str | None:
    if len(set(names)) < len(names):
        repeated = next(name for name in names if names.count(name) > 1)
        raise ArgumentError(f"path: {path} has several columns named {repeated!r}; give each a name of its own")
    if label_column != "auto":
        return str(label_column) if str(label_column) in names else None
    return usual_name(names, LABEL_COLUMNS)


def _sort_pixels(names: Sequence[str], path: Path) -> tuple[list[str], tuple[int, ...]]:
    """The columns that are named as pixels are, row by row, and the shape in their names; both empty without any.

    Columns named by position or with a word count before those named by a number alone.
    """
    for pattern in (_POSITION, _NUMBER):
        columns = {tuple(map(int, match.groups())): name for name in names if (match := pattern.fullmatch(name))}
        if len(columns) > 1:
            keys = sorted(columns)
            shape = tuple(high - low + 1 for low, high in zip(keys[0], keys[-1], strict=True))
            if math.prod(shape) != len(keys):
                raise ArgumentError(
                    f"path: {path} lacks columns of pixels: it has {len(keys):,} from {columns[keys[0]]} to "
                    f"{columns[keys[-1]]}, not {math.prod(shape):,}"
                )
            return [columns[key] for key in keys], shape if len(shape) == 2 else ()
    return [], ()


def join_names(names: Sequence[str]) -> str:
    """Return the first ten names of columns for a message."""
    return ", ".join(name or "(no name)" for name in names[:10]) + (", …" if len(names) > 10 else "")
