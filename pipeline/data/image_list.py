"""Image files that a CSV table lists, with their labels and parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from pipeline.config.base import Resize
from pipeline.data.array_names import LABEL_COLUMNS
from pipeline.data.arrays import Size, to_size
from pipeline.data.csv_columns import find_separator, first_lines, join_names, parse_labels
from pipeline.data.decoding import decode_images
from pipeline.data.encoded_image import SUFFIXES, EncodedImage
from pipeline.data.folder_layout import held_out_split, split_of
from pipeline.data.source import Source, reads_listed_files
from pipeline.data.transparency import Background
from pipeline.data.value_range import ValueRange
from pipeline.runtime.errors import ArgumentError, first_line
from pipeline.runtime.observer import SILENT, Observer

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


@dataclass(frozen=True)
class FileLocation:
    """A table, the folder of the files that it lists, and the end of their names that it leaves out."""

    table: Path
    folder: Path
    suffix: str

    @classmethod
    def of(cls, table: Path, folder: str | None, suffix: str) -> FileLocation:
        """Return the location where `folder` None is that of the table."""
        table = table.expanduser()
        return cls(table, table.parent if folder is None else Path(folder).expanduser(), suffix)

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


def files_of_list(arguments: Mapping[str, Any]) -> list[Path]:
    """Return the files that the table of a reader with these arguments lists; none if it cannot be read."""
    location = FileLocation.of(Path(arguments["path"]), arguments.get("folder"), arguments.get("suffix", ""))
    try:
        files = read_list(location, arguments.get("file_column", "auto"), None, None).files
    except ArgumentError:
        return []  # the reader says why
    return [location.folder / file for file in files]


def lists_existing_files(location: FileLocation, file_column: str) -> bool:
    """Return whether one of the files that a table lists exists in a folder."""
    with suppress(ArgumentError):
        return any(map(location.has_file, read_list(location, file_column, None, None).files))
    return False


@reads_listed_files(files_of_list)
def read_image_list(
    path: str,
    file_column: str = "auto",
    label_column: str | None = "auto",
    part_column: str | None = "auto",
    folder: str | None = None,
    suffix: str = "",
    image_size: int | Size | None = None,
    channels: Literal[1, 3] | None = None,
    skip_at_most: Annotated[int, Field(ge=0)] = 20,
    value_range: ValueRange = "auto",
    background: Background = "auto",
    resize: Resize = "stretch",
    observer: Observer = SILENT,
) -> Source:
    """Return the image files that the CSV table `path` lists, in its order within each part.

    The columns are described at `read_list`. Files are relative to `folder`, None: the folder of the table, and end in
    `suffix` where the table leaves that out. The part of a row is named train, test or val; as in folders, val is the
    test part if there is no test. Labels are whole numbers or words; an empty cell is none.
    `value_range` is described at `pipeline.data.value_range.choose_range`, `background` at
    `pipeline.data.transparency.choose_background`, `resize` at `pipeline.data.aspect_ratio.match_aspect_ratio`.

    Raises:
        UserError: the table cannot be read, has no column of files, none of the files exists, or the images cannot be
            decoded (see `decode_images`).
    """
    location = FileLocation.of(Path(path), folder, suffix)
    rows = read_list(location, file_column, label_column, part_column)
    _require_a_file(rows.files, location)
    is_test, note = _find_test_rows(rows.parts or [""] * len(rows.files))
    for text in [*rows.notes, *([note] if note else [])]:
        observer.note(text)
    order = np.argsort(is_test, kind="stable")  # the train part comes first, as in every array
    encoded = [EncodedImage(rows.files[row], location.folder / rows.files[row]) for row in order]
    images = decode_images(
        encoded,
        str(location.table),
        to_size(image_size),
        channels,
        skip_at_most,
        observer,
        value_range,
        background,
        resize,
    )
    decoded = order[images.indices]
    return Source.split_at(
        int((~is_test[decoded]).sum()),
        images.pixels,
        None if rows.labels is None else parse_labels(rows.labels)[decoded],
        [],
        [rows.files[row] for row in decoded],
        note=images.note,
        value_ranges=images.value_ranges,
        background=images.background,
        resize=resize,
        skipped=len(encoded) - len(decoded),
        folder=str(location.folder.resolve()),
    )


def read_list(location: FileLocation, file_column: str, label_column: str | None, part_column: str | None) -> ImageList:
    """Return the rows of a CSV table, separated by commas, semicolons or tabs.

    Columns are named, or numbered from 0 if a name of a file stands in the first line. `auto` takes as files the column
    that alone names existing files, or else has names ending as those of images; of several, one of `FILE_COLUMNS`. It
    takes as labels one of `LABEL_COLUMNS`, or the only other column without a header, and as parts one of
    `PART_COLUMNS`. None takes none.

    Raises:
        ArgumentError: the table cannot be read, a column does not exist, or `auto` finds no files.
    """
    import pandas as pd

    table = location.table
    try:
        separator = find_separator(first_lines(table)[0])
        cells = pd.read_csv(
            table, sep=separator, header=None, dtype=str, keep_default_na=False, encoding="utf-8-sig",
            skipinitialspace=True,
        )  # fmt: skip
    except (OSError, ValueError) as error:
        raise ArgumentError(f"path: {table} cannot be read as CSV: {first_line(error)}") from error
    has_header = not any(map(_ends_as_image, cells.iloc[0]))
    cells.columns = pd.Index([str(name) for name in (cells.iloc[0] if has_header else cells.columns)])
    cells = cells.iloc[int(has_header) :]
    if not len(cells):
        raise ArgumentError(f"path: {table} has no rows below its header")
    files = _find_files(cells, file_column, location)
    others = [name for name in cells.columns if name != files]
    label = _find_column(others, LABEL_COLUMNS, label_column, "label_column", table)
    notes = [] if files.lower() in FILE_COLUMNS[:6] else [f"data.file_column: {files!r} is read as the files of images"]
    if label_column == "auto" and not has_header and len(others) == 1:
        label = others[0]
        notes.append(f"data.label_column: {label!r}, the only other column, is read as labels; null reads none")
    part = _find_column(others, PART_COLUMNS, part_column, "part_column", table)
    if part is not None and not all(map(split_of, cells[part])):
        if part_column != "auto":
            odd = next(value for value in cells[part] if not split_of(value))
            raise ArgumentError(f"part_column = {part!r}: {table} has {odd!r} there; give train, test or val")
        part = None
    labels, parts = (None if name is None else cells[name].tolist() for name in (label, part))
    return ImageList([f"{cell}{location.suffix}" for cell in cells[files]], labels, parts, notes)


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
    candidates = [name for name in names if any(location.has_file(f"{cell}{location.suffix}") for cell in head[name])]
    candidates = candidates or [name for name in names if any(map(_ends_as_image, head[name]))]
    usual = {name.lower(): name for name in reversed(candidates or names)}
    found = next((usual[name] for name in FILE_COLUMNS if name in usual), candidates[0] if candidates else None)
    if found is None:
        raise ArgumentError(
            f"path: {location.table} has no column of image files among {join_names(names)}; set data.file_column, or "
            "data.folder to the folder of the images, or data.suffix to the end of names that lack it"
        )
    return found


def _find_column(names: Sequence[str], usual: Sequence[str], key: str | None, setting: str, table: Path) -> str | None:
    """The column named `key`, or for auto one of the usual names in any case."""
    if key is None or key in names:
        return key
    if key != "auto":
        raise ArgumentError(f"{setting} = {key!r}: no such column in {table}; it has {join_names(names)}")
    lower = {name.lower(): name for name in reversed(names)}
    return next((lower[name] for name in usual if name in lower), None)


def _ends_as_image(cell: str) -> bool:
    return Path(cell).suffix.lower() in SUFFIXES


def _require_a_file(files: Sequence[str], location: FileLocation) -> None:
    """Refuse a table of which no file exists, as with a wrong folder."""
    if not any(map(location.has_file, files)):
        raise ArgumentError(
            f"path: none of the {len(files):,} files in {location.table} exists, such as {location.folder / files[0]}; "
            "set data.folder to the folder of the images, or data.suffix to the end of names that lack it"
        )


def _find_test_rows(parts: Sequence[str]) -> tuple[NDArray[np.bool_], str]:
    """Whether each row is in the test part, with a note on what the parts became."""
    splits = [split_of(part) for part in parts]
    held_out = held_out_split(set(splits))
    is_test = np.array([split == held_out for split in splits])
    if held_out is None or is_test.all():
        return np.zeros(len(splits), bool), ""
    others = " and ".join(sorted({str(split) for split in splits} - {held_out}))
    return is_test, f"train part: {(~is_test).sum():,} images of {others}; test part: {is_test.sum():,} of {held_out}"
