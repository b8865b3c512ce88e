"""Parquet files with a column of images, as in Hugging Face data sets and this package's exports."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from pipeline.config.base import Resize
from pipeline.data.array_names import ImageShape, reshape_flat, square_shape
from pipeline.data.arrays import Size, to_size
from pipeline.data.decoding import decode_images
from pipeline.data.encoded_image import EncodedImage
from pipeline.data.file_parts import find_test_files
from pipeline.data.parquet_cells import Encoded, read_image_cells, read_labels, to_objects
from pipeline.data.parquet_columns import (
    ParquetFile,
    choose_image_column,
    choose_label_column,
    holds_texts,
    open_parquet,
    usual_image_columns,
)
from pipeline.data.source import Source, reads_listed_files
from pipeline.data.transparency import Background
from pipeline.data.value_range import ValueRange
from pipeline.runtime.errors import ArgumentError, UserError
from pipeline.runtime.observer import SILENT, Observer


@dataclass(frozen=True)
class _Table:
    """The rows of a file."""

    file: ParquetFile
    images: Encoded | NDArray[Any]
    is_test: bool
    labels: NDArray[Any] | None = None

    @property
    def names(self) -> list[str]:
        return [f"{self.file.name}[{row}]" for row in range(len(self.images))]


def files_of_columns(arguments: Mapping[str, Any]) -> Iterator[Path]:
    """Yield the image files that columns of paths name, in the Parquet files of a reader with these arguments."""
    root = Path(arguments["path"]).expanduser()
    for path in _find_files(root):
        with suppress(UserError):  # the reader says what is wrong
            file = open_parquet(path, root)
            column = choose_image_column(file, arguments.get("image_column", "auto"))
            if holds_texts(file, column):
                yield from (cell for cell in read_image_cells(file, column) if isinstance(cell, Path))


@reads_listed_files(files_of_columns)
def read_parquet(
    path: str,
    image_column: str = "auto",
    label_column: str | None = "auto",
    image_shape: ImageShape | None = None,
    image_size: int | Size | None = None,
    channels: Literal[1, 3] | None = None,
    skip_at_most: Annotated[int, Field(ge=0)] = 20,
    value_range: ValueRange = "auto",
    background: Background = "auto",
    resize: Resize = "stretch",
    observer: Observer = SILENT,
) -> Source:
    """Return the images of a Parquet file, or of all files ending in `.parquet` in a folder and its sub-folders.

    The columns are described at `choose_image_column` and `choose_label_column`, the cells at `read_image_cells` and
    `read_labels`. Labels are integers or words; None reads none. Pixels in flat lists get
    `image_shape`, by default that of a square. In a folder, files with the word test in their names or folders are the
    test part, or those with the word val if there are train files and no test files.
    `value_range` is described at `pipeline.data.value_range.choose_range`, `background` at
    `pipeline.data.transparency.choose_background`, `resize` at `pipeline.data.aspect_ratio.match_aspect_ratio`.

    Raises:
        UserError: a file cannot be read, has no column of images, or the images cannot be decoded (see
            `decode_images`).
    """
    root = Path(path).expanduser()
    paths = _find_files(root)
    if not paths:
        raise ArgumentError(f"path: {root} holds no .parquet file")
    files = [open_parquet(file, root) for file in paths]
    is_test = find_test_files([file.name for file in files], observer)
    columns = [choose_image_column(file, image_column) for file in files]
    if image_column == "auto" and columns[0] not in usual_image_columns(files[0]):
        observer.note(f"data.image_column: {columns[0]!r} is the only column that may hold images, and is read as such")
    images = [read_image_cells(file, column) for file, column in zip(files, columns, strict=True)]
    labels, names = _read_all_labels(files, choose_label_column(files, label_column, observer), observer)
    tables = [_Table(*facts) for facts in zip(files, images, is_test, labels, strict=True)]
    tables.sort(key=lambda table: table.is_test)
    if any(isinstance(table.images, np.ndarray) for table in tables):
        return _stack_pixels(tables, names, image_shape, observer)
    encoded = [
        EncodedImage(name, content) for table in tables for name, content in zip(table.names, table.images, strict=True)
    ]
    decoded = decode_images(
        encoded, str(root), to_size(image_size), channels, skip_at_most, observer, value_range, background, resize
    )
    rows = np.array(decoded.indices)
    border = int((rows < sum(len(table.images) for table in tables if not table.is_test)).sum())
    labels_of_all = _join_labels(tables)
    return Source.split_at(
        border,
        decoded.pixels,
        None if labels_of_all is None else labels_of_all[rows],
        names,
        [encoded[index].name for index in decoded.indices],
        **decoded.facts,
    )


def _find_files(root: Path) -> list[Path]:
    return sorted(root.rglob("*.parquet")) if root.is_dir() else [root]


def _stack_pixels(
    tables: Sequence[_Table], names: list[str], image_shape: ImageShape | None, observer: Observer
) -> Source:
    """Images whose cells are lists of pixels; their range is that of arrays. Flat lists without a shape are squares."""
    arrays: list[NDArray[Any]] = []
    for table in tables:
        if not isinstance(table.images, np.ndarray):
            raise UserError(f"data.image_column: {table.file.path} holds encoded images, other files lists of pixels")
        array = reshape_flat(table.images, image_shape or _square_of_lists(table.images))
        if arrays and array.shape[1:] != arrays[0].shape[1:]:
            shapes = f"{array.shape[1:]} and {arrays[0].shape[1:]}"
            raise UserError(f"data.image_column: images of {table.file.path} and of other files differ: {shapes}")
        arrays.append(array)
    if image_shape is None and any(getattr(table.images, "ndim", 1) == 2 for table in tables) and arrays[0].ndim > 2:
        observer.note(
            f"data.image_shape: lists of {math.prod(arrays[0].shape[1:]):,} pixels are read as images of "
            f"{arrays[0].shape[1]}×{arrays[0].shape[2]}; data.image_shape=[HEIGHT,WIDTH] sets another shape"
        )
    border = sum(len(table.images) for table in tables if not table.is_test)
    paths = [name for table in tables for name in table.names]
    return Source.split_at(border, np.concatenate(arrays), _join_labels(tables), names, paths)


def _square_of_lists(pixels: NDArray[Any]) -> list[int] | None:
    """The height and width of square images in flat lists; None for other lists."""
    return square_shape(pixels.shape[1]) if pixels.ndim == 2 else None


def _read_all_labels(
    files: Sequence[ParquetFile], column: str | None, observer: Observer
) -> tuple[list[NDArray[Any] | None], list[str]]:
    """The labels of each file, and the names of the classes if all files agree on them; else labels become names."""
    if column is None:
        return [None] * len(files), []
    labels = [read_labels(file, column) for file in files]
    without = [file.name for file, values in zip(files, labels, strict=True) if values is None]
    if without:
        observer.note(
            f"data.label_column = {column!r}: images of {', '.join(without[:5])} have no such column and no labels"
        )
    names = [file.class_names.get(column, []) for file, values in zip(files, labels, strict=True) if values is not None]
    agree = all(of_file == names[0] for of_file in names)
    if not agree:
        labels = [
            values if values is None else _name_classes(values, file.class_names.get(column, []))
            for file, values in zip(files, labels, strict=True)
        ]
    return labels, names[0] if agree else []


def _name_classes(labels: NDArray[Any], names: Sequence[str]) -> NDArray[Any]:
    """The labels with the names of their classes in place of integers; one-hot rows stay."""
    if labels.ndim > 1:
        return labels
    is_index = [isinstance(label, int) and 0 <= label < len(names) for label in labels]
    return to_objects([names[label] if named else label for label, named in zip(labels, is_index, strict=True)])


def _join_labels(tables: Sequence[_Table]) -> NDArray[Any] | None:
    """The labels of all rows, None where a file has no labels, or None if no file has any."""
    if all(table.labels is None for table in tables):
        return None
    parts = [np.full(len(table.images), None, object) if table.labels is None else table.labels for table in tables]
    if len({part.ndim for part in parts}) > 1:
        raise UserError(
            "data.label_column: labels are lists in some files and single values in others; they must agree"
        )
    column = np.concatenate(parts)
    return column if column.dtype != object or any(label is not None for label in column) else None
