"""Files of vectors: NumPy arrays and archives, and Parquet and CSV tables, with the facts beside each vector."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.data.array_names import LABEL_COLUMNS
from pipeline.data.numpy_arrays import read_member
from pipeline.data.parquet_cells import Encoded, read_image_cells, read_labels, read_number_lists
from pipeline.data.parquet_columns import ParquetFile, choose_label_column, is_list, open_parquet
from pipeline.runtime.errors import ArgumentError, UserError, first_line
from pipeline.runtime.observer import Observer

VECTOR_NAMES = ("vectors", "vector", "embeddings", "embedding", "features", "feature", "X", "x")
ID_NAMES = ("id", "ids", "name", "names", "path", "paths", "file", "filename")
TEXT_NAMES = ("text", "texts", "title", "caption", "sentence")
IMAGE_NAMES = ("images", "image", "img")


@dataclass(frozen=True)
class VectorFile:
    """Vectors (n, d), and a label, a text or an id, and an image of each; None where the file has none.

    `images` are pixels (n, h, w[, c]) or encoded images.
    """

    vectors: NDArray[Any]
    labels: Any = None
    class_names: list[str] | None = None
    texts: list[str] | None = None
    images: NDArray[Any] | Encoded | None = None


@dataclass(frozen=True)
class Columns:
    """The names of columns or arrays that the configuration sets; None: a usual name.

    New vectors need no labels: with `is_new` the label column may be missing, and is no part of a vector if it exists.
    """

    vectors: str | None = None
    labels: str | None = "auto"
    texts: str | None = None
    is_new: bool = False

    def label_among(self, names: Sequence[str]) -> str | None:
        """Return the key of the label column for these columns."""
        return "auto" if self.is_new and self.labels is not None and self.labels not in names else self.labels


def read_vector_file(file: Path, columns: Columns, observer: Observer) -> VectorFile:
    """Return the contents of a `.npy`, `.npz`, `.parquet` or `.csv` file of vectors.

    Raises:
        UserError: the file cannot be read, or has no vectors.
    """
    reader = READERS.get(file.suffix.lower())
    if reader is None:
        raise ArgumentError(f"path: {file} ends in {file.suffix!r}; give vectors as {', '.join(READERS)}")
    return reader(file, columns, observer)


def _read_npy(file: Path, columns: Columns, observer: Observer) -> VectorFile:  # noqa: ARG001
    return VectorFile(_load(file))


def _read_npz(file: Path, columns: Columns, observer: Observer) -> VectorFile:
    archive = _load(file)
    names = list(archive.files)
    chosen = {
        "vectors": _choose("data.vector_column", columns.vectors, (*VECTOR_NAMES, "arr_0"), names, file),
        "labels": _choose_label(columns.label_among(names), names, file),
        "texts": _choose("data.text_column", columns.texts, (*TEXT_NAMES, *ID_NAMES), names, file),
        "images": _choose("", None, IMAGE_NAMES, names, file),
    }
    if chosen["vectors"] is None:
        raise ArgumentError(f"vector_column: {file} has {', '.join(names)}; set data.vector_column to one of them")
    unused = sorted(set(names) - set(chosen.values()))
    if unused:
        observer.note(f"arrays that are not read: {', '.join(unused)}")
    arrays = {role: None if name is None else _member(archive, name, file) for role, name in chosen.items()}
    texts = None if arrays["texts"] is None else [str(text) for text in arrays["texts"].tolist()]
    assert arrays["vectors"] is not None
    return VectorFile(arrays["vectors"], arrays["labels"], None, texts, arrays["images"])


def _read_parquet(file: Path, columns: Columns, observer: Observer) -> VectorFile:
    table = open_parquet(file, file)
    names = table.schema.names
    vectors = _choose("data.vector_column", columns.vectors, VECTOR_NAMES, names, file)
    if vectors is None:
        lists = [name for name in names if is_list(table.schema.field(name).type)]
        if len(lists) != 1:
            raise ArgumentError(f"vector_column: {file} has {', '.join(names)}; set data.vector_column to the vectors")
        vectors = lists[0]
    label = choose_label_column([table], columns.label_among(names), observer)
    text = _choose("data.text_column", columns.texts, (*TEXT_NAMES, *ID_NAMES), names, file)
    image = next((name for name in (*table.image_features, *IMAGE_NAMES) if name in names and name != vectors), None)
    return VectorFile(
        read_number_lists(table, vectors, f"data.vector_column = {vectors!r}"),
        None if label is None else read_labels(table, label),
        None if label is None else table.class_names.get(label),
        None if text is None else _read_texts(table, text),
        None if image is None else read_image_cells(table, image),
    )


def _read_csv(file: Path, columns: Columns, observer: Observer) -> VectorFile:
    import pandas as pd

    try:
        table = pd.read_csv(file, header=None if _begins_with_numbers(file) else "infer", encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise ArgumentError(f"path: {file} cannot be read as CSV: {first_line(error)}") from error
    table.columns = table.columns.map(str)
    names = list(table.columns)
    label = _choose_label(columns.label_among(names), names, file)
    text = _choose("data.text_column", columns.texts, (*TEXT_NAMES, *ID_NAMES), names, file)
    numbers = table.drop(columns=[name for name in (label, text) if name is not None])
    words = [name for name in numbers if not pd.api.types.is_numeric_dtype(numbers[name])]
    if words:
        observer.note(f"columns that hold no numbers are not read: {', '.join(map(str, words[:10]))}")
    numbers = numbers.drop(columns=words)
    if not numbers.shape[1]:
        raise ArgumentError(f"path: {file} has no column of numbers; it has {', '.join(names[:20])}")
    labels = None if label is None else table[label].to_numpy(object)
    texts = None if text is None else [str(value) for value in table[text]]
    return VectorFile(numbers.to_numpy(np.float64), labels, None, texts)


READERS: dict[str, Callable[[Path, Columns, Observer], VectorFile]] = {
    ".npy": _read_npy, ".npz": _read_npz, ".parquet": _read_parquet, ".csv": _read_csv,
}  # fmt: skip
"""The reader of each suffix."""


def _choose(key: str, chosen: str | None, usual: Sequence[str], names: Sequence[str], file: Path) -> str | None:
    """The chosen name, which must exist, or the first usual one that exists."""
    if chosen is None:
        return next((name for name in usual if name in names), None)
    if chosen not in names:
        raise UserError(f"{key} = {chosen!r}: {file} has no such column; it has {', '.join(names[:20])}")
    return chosen


def _choose_label(chosen: str | None, names: Sequence[str], file: Path) -> str | None:
    if chosen is None:
        return None
    return _choose("data.label_column", None if chosen == "auto" else chosen, LABEL_COLUMNS, names, file)


def _load(file: Path) -> Any:
    try:
        return np.load(file, allow_pickle=False)
    except Exception as error:  # a damaged archive raises errors of many types
        raise ArgumentError(f"path: {file} cannot be read as .npz or .npy: {first_line(error)}") from error


def _member(archive: Any, name: str, file: Path) -> NDArray[Any]:
    try:
        return read_member(archive, name)
    except Exception as error:  # as above
        raise ArgumentError(f"path: {file}: {name} cannot be read: {first_line(error)}") from error


def _read_texts(table: ParquetFile, column: str) -> list[str]:
    values = read_labels(table, column)
    return [] if values is None else [str(value) for value in values]


def _begins_with_numbers(file: Path) -> bool:
    """Whether the first line of a CSV file has numbers only, and so is no header."""
    try:
        with file.open(encoding="utf-8-sig") as stream:
            cells = stream.readline().strip().split(",")
        return all(cell.strip() != "" and np.isfinite(float(cell)) for cell in cells)
    except (OSError, ValueError):
        return False
