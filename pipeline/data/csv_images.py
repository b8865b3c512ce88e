"""Images in CSV files with a pixel in each column, as MNIST and sets of its kind are shared as tables."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pipeline.data.array_names import ImageShape, reshape_flat, square_shape, stores_columns_first
from pipeline.data.csv_columns import CsvFile, NoPixelColumnsError, join_names, open_csv, parse_labels
from pipeline.data.file_parts import find_test_files
from pipeline.data.source import Source
from pipeline.runtime.available_memory import available_memory
from pipeline.runtime.errors import ArgumentError, first_line
from pipeline.runtime.observer import SILENT, Observer

if TYPE_CHECKING:
    import pyarrow

CSV_SUFFIXES = (".csv", ".tsv", ".csv.gz", ".tsv.gz")
BLOCK = 2**24
"""Bytes of a file that are read at a time."""


def is_csv(path: Path) -> bool:
    """Return whether a name is that of a CSV file, gzipped or not."""
    return path.name.lower().endswith(CSV_SUFFIXES)


@dataclass(frozen=True)
class CsvRules:
    """How CSV files are read; the fields but the last are the keys of `read_csv_images`.

    With `is_new`, the column of labels may be missing, and images of another size than `image_shape` are taken.
    """

    label_column: str | int | None = "auto"
    image_shape: Sequence[int] | None = None
    transpose: bool | None = None
    is_new: bool = False

    @property
    def n_pixels(self) -> int | None:
        """The number of values of an image, if it is known."""
        return None if self.image_shape is None else math.prod(self.image_shape)


def read_csv_images(
    path: str,
    label_column: str | int | None = "auto",
    image_shape: ImageShape | None = None,
    transpose: bool | None = None,
    observer: Observer = SILENT,
) -> Source:
    """Return the images of a CSV file, or of all CSV files in a folder, with a row per image and a column per pixel.

    The columns are described at `open_csv`. Pixels are read row by row; `image_shape` is needed unless their names
    give it, or they are a square. `transpose` exchanges rows and columns; None does so for names that begin with
    `emnist`, as that data set stores columns first. In a folder, files without columns of pixels are left out with a
    note, and parts are recognised as those of Parquet files are. Files may be gzipped.

    Raises:
        UserError: a file cannot be read, has no columns of pixels, or a cell is not a number.
    """
    return read_csv_files(Path(path).expanduser(), CsvRules(label_column, image_shape, transpose), observer)


def read_csv_files(root: Path, rules: CsvRules, observer: Observer) -> Source:
    """Return the images of the CSV file `root`, or of all in the folder `root`; see `read_csv_images`."""
    paths = sorted(file for file in root.rglob("*") if is_csv(file)) if root.is_dir() else [root]
    if not paths:
        raise ArgumentError(f"path: {root} holds no .csv file")
    files = _open_files(paths, root, rules, observer)
    is_test = find_test_files([file.name for file in files], observer)
    files = [file for file, _ in sorted(zip(files, is_test, strict=True), key=lambda pair: pair[1])]
    tables = [_read_table(file, observer) for file in files]
    arrays = [_reshape(pixels, file, rules) for file, (pixels, _) in zip(files, tables, strict=True)]
    if all(stores_columns_first(file.path.name, rules.transpose) for file in files):
        observer.note(f"rows and columns of the images of {root.name} are exchanged; data.transpose decides")
        arrays = [array.swapaxes(1, 2) for array in arrays]
    shapes = {array.shape[1:] for array in arrays}
    if len(shapes) > 1:
        raise ArgumentError(f"path: images in the files of {root} have different shapes: {sorted(shapes)}")
    sizes = list(map(len, arrays))
    border = sum(sizes[: is_test.count(False)])
    names = [f"{file.name}[{row}]" for file, array in zip(files, arrays, strict=True) for row in range(len(array))]
    labels = _join_labels([part for _, part in tables], sizes)
    return Source.split_at(border, np.concatenate(arrays), labels, [], names)


def _open_files(paths: Sequence[Path], root: Path, rules: CsvRules, observer: Observer) -> list[CsvFile]:
    """The files with columns of pixels, of which at least one has the column of labels if it is given by name."""
    files, errors = list[CsvFile](), dict[str, NoPixelColumnsError]()
    for path in paths:
        try:
            files.append(open_csv(path, root, rules.label_column, rules.n_pixels))
        except NoPixelColumnsError as error:
            errors[path.name] = error
    if not files:
        raise next(iter(errors.values()))
    if errors:
        observer.note(f"files without columns of pixels are left out: {', '.join(errors)}")
    for note in dict.fromkeys(file.note for file in files if file.note):
        observer.note(note)
    is_labelled = [file.label is not None for file in files]
    if rules.label_column not in ("auto", None) and not any(is_labelled) and not rules.is_new:
        raise ArgumentError(
            f"label_column = {rules.label_column!r}: no such column in {files[0].path}; it has "
            f"{join_names(files[0].columns)}"
        )
    if any(is_labelled) and not all(is_labelled):
        without = [file.name for file in files if file.label is None]
        observer.note(f"images of {', '.join(without[:5])} have no column of labels and no labels")
    return files


def _read_table(file: CsvFile, observer: Observer) -> tuple[NDArray[Any], NDArray[Any] | None]:
    """The pixels (n, v) of a file, uint8 or uint16 if that is exact, else float32; and the labels (n,)."""
    import pyarrow
    from pyarrow import csv

    columns = [*file.pixels, *([] if file.label is None else [file.label])]
    types = dict.fromkeys(file.pixels, pyarrow.float32())
    types |= {} if file.label is None else {file.label: pyarrow.string()}
    blocks, labels, size = list[NDArray[Any]](), list[Any](), 0
    try:
        with pyarrow.OSFile(str(file.path)) as stream:
            is_gzip = file.path.suffix.lower() == ".gz"
            reader = csv.open_csv(
                pyarrow.CompressedInputStream(stream, "gzip") if is_gzip else stream,
                csv.ReadOptions(block_size=BLOCK, column_names=file.columns, skip_rows=int(file.has_header)),
                csv.ParseOptions(delimiter=file.separator),
                csv.ConvertOptions(include_columns=columns, column_types=types, strings_can_be_null=True),
            )
            for batch in reader:
                blocks.append(_to_pixels(batch.select(file.pixels), file, sum(map(len, blocks))))
                labels += [] if file.label is None else batch.column(file.label).to_pylist()
                size += blocks[-1].nbytes
                _require_memory(size, file)
                observer.progress(stream.tell() / 2**20, stream.size() / 2**20, "MiB")
    except (OSError, pyarrow.ArrowException) as error:
        raise ArgumentError(f"path: {file.path} cannot be read as CSV: {first_line(error)}") from error
    if not blocks:
        raise ArgumentError(f"path: {file.path} has no rows of images")
    return np.concatenate(blocks), None if file.label is None else parse_labels(labels)


def _to_pixels(batch: pyarrow.RecordBatch, file: CsvFile, first_row: int) -> NDArray[Any]:
    """The numbers of some rows, as uint8 or uint16 where that is exact."""
    for name, column in zip(file.pixels, batch.columns, strict=True):
        if column.null_count:
            row = first_row + column.is_null().to_pylist().index(True)
            raise ArgumentError(f"path: {file.path} has no number for the pixel {name!r} of image {row}")
    values: NDArray[np.float32] = np.stack([column.to_numpy(zero_copy_only=False) for column in batch.columns], axis=1)
    with np.errstate(invalid="ignore"):  # NaN and numbers beyond a type differ from what they are converted to
        for dtype in (np.uint8, np.uint16):
            pixels = values.astype(dtype)
            if (pixels == values).all():
                return pixels
    return values


def _require_memory(size: int, file: CsvFile) -> None:
    """Refuse a file whose images, which are joined at the end, do not fit: a small gzip file may be of any size."""
    free = available_memory()
    if size > free:
        raise ArgumentError(
            f"path: {file.path}: the first images take {size / 2**30:,.1f} GiB and {free / 2**30:,.1f} GiB of memory "
            "are free; give a part of the file"
        )


def _reshape(pixels: NDArray[Any], file: CsvFile, rules: CsvRules) -> NDArray[Any]:
    """The images of a file in the shape of the rules, else of the names of the columns, or of a square."""
    n_pixels = pixels.shape[1]
    shape = list(file.shape) or square_shape(n_pixels)
    if rules.image_shape is not None and (not rules.is_new or n_pixels == rules.n_pixels):
        shape = list(rules.image_shape)
    if shape is None:
        raise ArgumentError(
            f"image_shape = null: images of {file.path} have {n_pixels:,} pixels, which are no square; set "
            "data.image_shape=[HEIGHT,WIDTH] or [HEIGHT,WIDTH,CHANNELS]"
        )
    return reshape_flat(pixels, shape)


def _join_labels(labels: Sequence[NDArray[Any] | None], sizes: Sequence[int]) -> NDArray[Any] | None:
    """The labels of all rows, None where a file has none, or None if no file has any."""
    if all(part is None for part in labels):
        return None
    parts = [np.full(size, None, object) if part is None else part for part, size in zip(labels, sizes, strict=True)]
    return np.concatenate(parts)
