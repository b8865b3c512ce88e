"""A table that lists new image files for a finished run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pipeline.data.csv_images import is_csv
from pipeline.data.image_list import read_image_list
from pipeline.data.image_list_table import FileLocation, NoListedFilesError, read_head
from pipeline.data.source import Source
from pipeline.runtime.errors import ArgumentError
from pipeline.runtime.observer import Observer


def is_new_list(file: Path, folder: str, suffix: str) -> bool:
    """Return whether a file is a text or a CSV table that lists images beside it or in `folder`."""
    if not is_csv(file) and file.suffix.lower() != ".txt":
        return False
    return any(read_head(FileLocation.of(file, place, suffix)).has_images for place in {None, folder or None})


def read_new_list(
    path: str,
    observer: Observer,
    file_column: str | int,
    label_column: str | int | None,
    folder: str,
    suffix: str,
    **settings: Any,
) -> Source:
    """Return the images of a list by the keys of the run's own list; a column that is missing is found by its name.

    Files are sought beside the table, and if none is there in `folder`, that of the run's images, with a note.
    `settings` are those of `read_image_list`.

    Raises:
        UserError: the table cannot be read, or none of the files exists, or the images cannot be decoded.
    """
    table = Path(path)
    head = read_head(FileLocation.of(table, None, suffix))
    is_elsewhere = bool(folder) and not head.has_files and read_head(FileLocation.of(table, folder, suffix)).has_files
    if label_column is not None and str(label_column) not in head.columns:
        label_column = "auto"
    if is_elsewhere:
        observer.note(f"the files that {table.name} lists are read from the folder of the run's images, {folder}")
    try:
        return read_image_list(
            path,
            file_column if str(file_column) in head.columns else "auto",
            label_column,
            folder=folder if is_elsewhere else None,
            suffix=suffix,
            observer=observer,
            **settings,
        )
    except NoListedFilesError as error:
        raise ArgumentError(
            f"path: {error.problem}; files are sought beside the table and in the folder of the run's images, with the "
            "run's data.suffix"
        ) from error
