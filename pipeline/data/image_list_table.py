"""The rows of a CSV table that lists image files: which column holds what, and where the files are."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath
from typing import TYPE_CHECKING

from pipeline.data.array_names import LABEL_COLUMNS, usual_name
from pipeline.data.csv_columns import find_separator, first_lines, join_names, parse_labels
from pipeline.data.encoded_image import SUFFIXES
from pipeline.data.folder_layout import split_of
from pipeline.runtime.counts import count_words
from pipeline.runtime.errors import ArgumentError, first_line

if TYPE_CHECKING:
    import pandas as pd

FILE_COLUMNS = (
    "path", "file", "filename", "file_name", "filepath", "file_path", "image", "image_path", "img_path", "img",
    "image_name", "image_id", "name", "id",
)  # fmt: skip
"""Names of columns that `auto` takes as files, in order of preference."""
PART_COLUMNS = ("split", "part", "subset", "set")
"""Names of columns that `auto` takes as parts if they hold nothing else."""
ROWS_TRIED = 20
"""Rows in which `auto` looks for names of files."""


class NoListedFilesError(ArgumentError):
    """A table without names of files that exist; `problem` is the message without what would be right."""

    def __init__(self, problem: str) -> None:
        self.problem = problem
        super().__init__(
            f"path: {problem}; set data.file_column, or data.folder to the folder of the images, or data.suffix to the "
            "end of names that lack it"
        )


@dataclass(frozen=True)
class FileLocation:
    """A table, the folder of the files that it lists, and the end of their names that it may leave out."""

    table: Path
    folder: Path
    suffix: str = ""

    @classmethod
    def of(cls, table: Path, folder: str | None, suffix: str = "") -> FileLocation:
        """Return the location where `folder` None is that of the table; a suffix such as `png` gets its dot."""
        table = table.expanduser()
        dot = "." if f".{suffix.lower()}" in SUFFIXES else ""
        return cls(table, table.parent if folder is None else Path(folder).expanduser(), f"{dot}{suffix}")

    def name(self, cell: str) -> str:
        """Return the name of the file in a cell, relative to the folder if it is below it, and one for each file.

        A name with backslashes is one of Windows, unless there is such a file.
        """
        name = cell if cell.lower().endswith(self.suffix.lower()) else f"{cell}{self.suffix}"
        if "\\" in name and not self.has_file(name):
            name = PureWindowsPath(name).as_posix()
        path = Path(os.path.normpath(name))
        if path.is_absolute():
            folders = (self.folder.absolute(), self.folder.resolve())
            path = next((path.relative_to(folder) for folder in folders if path.is_relative_to(folder)), path)
        return path.as_posix()

    def has_file(self, name: str) -> bool:
        """Return whether the file of this name exists."""
        try:
            return (self.folder / name).is_file()
        except (OSError, ValueError):  # too long, or no valid name
            return False


@dataclass(frozen=True)
class ImageList:
    """The rows of a table: the name of a file for each, its label and its part if the table has them, and notes."""

    files: list[str]
    labels: list[str] | None
    parts: list[str] | None
    notes: list[str]

    def describe(self, row: int) -> str:
        """Return the label and the part of a row."""
        columns = {"label": self.labels, "part": self.parts}
        return ", ".join(f"{name} {cells[row]!r}" for name, cells in columns.items() if cells is not None)

    def take(self, rows: Sequence[int], note: str) -> ImageList:
        """Return some of the rows, and the notes with another one."""
        labels, parts = (None if cells is None else [cells[row] for row in rows] for cells in (self.labels, self.parts))
        return ImageList([self.files[row] for row in rows], labels, parts, [*self.notes, note])


def read_list(
    location: FileLocation, file_column: str | int, label_column: str | int | None, part_column: str | int | None
) -> ImageList:
    """Return the rows of a CSV table, separated by commas, semicolons or tabs; rows without a file are left out.

    Columns are named, or numbered from 0 if the first line has a file. `auto` takes as files the column that alone
    names existing files, or else has names ending as those of images; of several, one of `FILE_COLUMNS`. It takes as
    labels one of `LABEL_COLUMNS`, or the only other column without a header, and as parts one of `PART_COLUMNS`. None
    takes none.

    Raises:
        ArgumentError: the table cannot be read, a column does not exist, or `auto` finds no files.
    """
    table = location.table
    cells, has_header = _read_cells(location)
    files = _find_files(cells, str(file_column), location)
    notes = [] if files.lower() in FILE_COLUMNS[:6] else [f"data.file_column: {files!r} is read as the files of images"]
    is_blank = cells[files] == ""
    if is_blank.all():
        raise ArgumentError(f"path: {table} has no rows with a file")
    if is_blank.any():
        blank = count_words(int(is_blank.sum()), "row without a file is", "rows without a file are")
        notes.append(f"{blank} left out")
        cells = cells[~is_blank]
    others = [name for name in cells.columns if name != files]
    label = _find_column(others, LABEL_COLUMNS, label_column, "label_column", table)
    part = _find_column(others, PART_COLUMNS, part_column, "part_column", table)
    if part is not None and (odd := next((value for value in cells[part] if not split_of(value)), None)) is not None:
        if part_column != "auto":
            raise ArgumentError(f"part_column = {part!r}: {table} has {odd!r} there; give train, test or val")
        notes.append(f"data.part_column: {part!r} is not read as parts, because it has {odd!r}")
        part = None
    if label_column == "auto" and label is None:
        unread = [name for name in others if name != part]
        if not has_header and len(unread) == 1:
            label = unread[0]
            notes.append(f"data.label_column: {label!r}, the only other column, is read as labels; null reads none")
        elif unread:
            notes.append(f"columns that are not read: {join_names(unread)}; data.label_column=NAME reads labels")
    labels, parts = (None if name is None else cells[name].tolist() for name in (label, part))
    return ImageList([location.name(cell) for cell in cells[files]], labels, parts, notes)


def drop_repeats(rows: ImageList, table: Path) -> ImageList:
    """Return the rows of which none repeats the file of an earlier one, with a note on the others.

    Raises:
        ArgumentError: two rows of a file have different labels or parts.
    """
    unknown = [""] * len(rows.files)
    labels, parts = parse_labels(rows.labels or unknown), [split_of(part) for part in rows.parts or unknown]
    firsts: dict[str, int] = {}
    for row, file in enumerate(rows.files):
        first = firsts.setdefault(file, row)
        if labels[first] != labels[row] or parts[first] != parts[row]:
            raise ArgumentError(
                f"path: {table} lists {file} with {rows.describe(first)} and with {rows.describe(row)}; keep one of "
                "these rows"
            )
    count = len(rows.files) - len(firsts)
    if not count:
        return rows
    repeats = count_words(
        count, "row repeats a file of an earlier row and is", "rows repeat files of earlier rows and are"
    )
    return rows.take(list(firsts.values()), f"{repeats} left out")


@dataclass(frozen=True)
class ListHead:
    """What the first rows of a CSV table show: its columns, and whether they name images, and files that exist."""

    columns: list[str]
    has_images: bool
    has_files: bool


def read_head(location: FileLocation) -> ListHead:
    """Return what the first rows of a table show; nothing if it cannot be read."""
    try:
        cells, _ = _read_cells(location, ROWS_TRIED)
    except ArgumentError:
        return ListHead([], has_images=False, has_files=False)
    existing, named = _existing_columns(cells, location), _named_columns(cells)
    return ListHead(list(cells.columns), bool(existing or named), bool(existing))


def _read_cells(location: FileLocation, n_rows: int | None = None) -> tuple[pd.DataFrame, bool]:
    """The cells as texts without spaces around them, and whether the table has a header."""
    import pandas as pd

    table = location.table
    try:
        separator = find_separator(first_lines(table)[0])
        cells = pd.read_csv(
            table, sep=separator, header=None, dtype=str, keep_default_na=False, encoding="utf-8-sig",
            skipinitialspace=True, nrows=n_rows,
        )  # fmt: skip
    except (OSError, ValueError) as error:
        raise ArgumentError(f"path: {table} cannot be read as CSV: {_explain(error)}") from error
    cells = cells.apply(lambda column: column.str.strip())
    first = [str(cell) for cell in cells.iloc[0]]
    has_header = not any(_ends_as_image(cell) or (cell and location.has_file(location.name(cell))) for cell in first)
    cells.columns = pd.Index(first if has_header else [str(name) for name in cells.columns])
    if not cells.columns.is_unique:
        repeated = cells.columns[cells.columns.duplicated()][0]
        raise ArgumentError(f"path: {table} has several columns named {repeated!r}; give each a name of its own")
    cells = cells.iloc[int(has_header) :]
    if not len(cells):
        raise ArgumentError(f"path: {table} has no rows below its header")
    return cells, has_header


def _explain(error: Exception) -> str:
    """What is wrong with a table, where pandas names the line."""
    if match := re.search(r"Expected (\d+) fields in line (\d+), saw (\d+)", str(error)):
        expected, line, found = match.groups()
        return f"line {line} has {found} cells, those before it {expected}; put texts with separators in quotes"
    return first_line(error)


def _find_files(cells: pd.DataFrame, key: str, location: FileLocation) -> str:
    """The column of files."""
    names = list(cells.columns)
    if key != "auto":
        if key not in names:
            raise ArgumentError(
                f"file_column = {key!r}: no such column in {location.table}; it has {join_names(names)}"
            )
        return key
    head = cells.iloc[:ROWS_TRIED]
    candidates = _existing_columns(head, location) or _named_columns(head)
    found = usual_name(candidates or names, FILE_COLUMNS) or (candidates[0] if candidates else None)
    if found is None:
        raise NoListedFilesError(f"{location.table} has no column of image files among {join_names(names)}")
    return found


def _existing_columns(cells: pd.DataFrame, location: FileLocation) -> list[str]:
    """The columns that name existing files."""
    return [
        name for name in cells.columns if any(cell and location.has_file(location.name(cell)) for cell in cells[name])
    ]


def _named_columns(cells: pd.DataFrame) -> list[str]:
    """The columns with names that end as those of images."""
    return [name for name in cells.columns if any(map(_ends_as_image, cells[name]))]


def _find_column(
    names: Sequence[str], usual: Sequence[str], key: str | int | None, setting: str, table: Path
) -> str | None:
    """The column named `key`, or for auto one of the usual names in any case."""
    if key is None or str(key) in names:
        return None if key is None else str(key)
    if key != "auto":
        raise ArgumentError(f"{setting} = {key!r}: no such column in {table}; it has {join_names(names)}")
    return usual_name(names, usual)


def _ends_as_image(cell: str) -> bool:
    return Path(cell).suffix.lower() in SUFFIXES
