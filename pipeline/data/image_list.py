"""Image files that a CSV table lists, with their labels and parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from pipeline.config.base import Resize
from pipeline.data.arrays import Size, to_size
from pipeline.data.csv_columns import parse_labels
from pipeline.data.decoding import decode_images
from pipeline.data.encoded_image import EncodedImage
from pipeline.data.folder_layout import held_out_split, split_of
from pipeline.data.image_list_table import FileLocation, NoListedFilesError, drop_repeats, read_list
from pipeline.data.source import Source, reads_listed_files
from pipeline.data.transparency import Background
from pipeline.data.value_range import ValueRange
from pipeline.runtime.counts import count_words
from pipeline.runtime.errors import ArgumentError
from pipeline.runtime.observer import SILENT, Observer


def files_of_list(arguments: Mapping[str, Any]) -> list[Path]:
    """Return the files that the table of a reader with these arguments lists; none if it cannot be read."""
    location = FileLocation.of(Path(arguments["path"]), arguments.get("folder"), arguments.get("suffix", ""))
    try:
        files = read_list(location, arguments.get("file_column", "auto"), None, None).files
    except ArgumentError:
        return []  # the reader says why
    return [location.folder / file for file in files]


@reads_listed_files(files_of_list)
def read_image_list(
    path: str,
    file_column: str | int = "auto",
    label_column: str | int | None = "auto",
    part_column: str | int | None = "auto",
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
    `suffix` where the table leaves that out. A file that is listed again is read once. The part of
    a row is named train, test or val; as in folders, val is the test part if there is no test. Labels are whole numbers
    or words; an empty cell is none.
    `value_range` is described at `pipeline.data.value_range.choose_range`, `background` at
    `pipeline.data.transparency.choose_background`, `resize` at `pipeline.data.aspect_ratio.match_aspect_ratio`.

    Raises:
        UserError: the table cannot be read, has no column of files or different labels or parts of one file, none of
            the files exists, or the images cannot be decoded (see `decode_images`).
    """
    location = FileLocation.of(Path(path), folder, suffix)
    rows = drop_repeats(read_list(location, file_column, label_column, part_column), location.table)
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
        **images.facts,
        folder=str(location.folder.resolve()),
    )


def _require_a_file(files: Sequence[str], location: FileLocation) -> None:
    """Refuse a table of which no file exists, as with a wrong folder."""
    if not any(map(location.has_file, files)):
        example = location.folder / files[0]
        raise NoListedFilesError(f"none of the {len(files):,} files in {location.table} exists, such as {example}")


def _find_test_rows(parts: Sequence[str]) -> tuple[NDArray[np.bool_], str]:
    """Whether each row is in the test part, with a note on what the parts became."""
    splits = [split_of(part) for part in parts]
    held_out = held_out_split(set(splits))
    is_test = np.array([split == held_out for split in splits])
    if held_out is None or is_test.all():
        note = "" if held_out is None else f"all rows are {held_out}; they are read as one part, the train part"
        return np.zeros(len(splits), bool), note
    others = " and ".join(sorted({str(split) for split in splits} - {held_out}))
    train = count_words(int((~is_test).sum()), "image", "images")
    return is_test, f"train part: {train} of {others}; test part: {is_test.sum():,} of {held_out}"
