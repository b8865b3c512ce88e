"""Files of vectors: NumPy arrays and archives, and Parquet and CSV tables, with the facts beside each vector."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.data.numpy_arrays import read_member
from pipeline.data.parquet_cells import read_image_cells, read_labels, read_number_lists
from pipeline.data.parquet_columns import ParquetFile, choose_label_column, is_list, open_parquet
from pipeline.data.vector_columns import (
    ID_NAMES,
    IMAGE_NAMES,
    TEXT_NAMES,
    VECTOR_NAMES,
    Columns,
    VectorFile,
    choose_label,
    choose_name,
    to_texts,
)
from pipeline.data.vector_csv import read_csv_vectors
from pipeline.runtime.errors import ArgumentError, first_line
from pipeline.runtime.observer import Observer


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
        "vectors": choose_name("data.vector_column", columns.vectors, (*VECTOR_NAMES, "arr_0"), names, file),
        "labels": choose_label(columns.label_among(names), names, file),
        "texts": choose_name("data.text_column", columns.texts, (*TEXT_NAMES, *ID_NAMES), names, file),
        "images": choose_name("", None, IMAGE_NAMES, names, file),
    }
    if chosen["vectors"] is None:
        raise ArgumentError(f"vector_column: {file} has {', '.join(names)}; set data.vector_column to one of them")
    unused = sorted(set(names) - set(chosen.values()))
    if unused:
        observer.note(f"arrays that are not read: {', '.join(unused)}")
    arrays = {role: None if name is None else _member(archive, name, file) for role, name in chosen.items()}
    texts = None if arrays["texts"] is None else to_texts(arrays["texts"].tolist())
    assert arrays["vectors"] is not None
    return VectorFile(arrays["vectors"], arrays["labels"], None, texts, arrays["images"])


def _read_parquet(file: Path, columns: Columns, observer: Observer) -> VectorFile:
    table = open_parquet(file, file)
    names = table.schema.names
    vectors = choose_name("data.vector_column", columns.vectors, VECTOR_NAMES, names, file)
    if vectors is None:
        lists = [name for name in names if is_list(table.schema.field(name).type)]
        if len(lists) != 1:
            raise ArgumentError(f"vector_column: {file} has {', '.join(names)}; set data.vector_column to the vectors")
        vectors = lists[0]
    label = choose_label_column([table], columns.label_among(names), observer)
    text = choose_name("data.text_column", columns.texts, (*TEXT_NAMES, *ID_NAMES), names, file)
    image = next((name for name in (*table.image_features, *IMAGE_NAMES) if name in names and name != vectors), None)
    return VectorFile(
        read_number_lists(table, vectors, f"data.vector_column = {vectors!r}"),
        None if label is None else read_labels(table, label),
        None if label is None else table.class_names.get(label),
        None if text is None else _read_texts(table, text),
        None if image is None else read_image_cells(table, image),
    )


READERS: dict[str, Callable[[Path, Columns, Observer], VectorFile]] = {
    ".npy": _read_npy, ".npz": _read_npz, ".parquet": _read_parquet, ".csv": read_csv_vectors,
}  # fmt: skip
"""The reader of each suffix."""


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


def _read_texts(table: ParquetFile, column: str) -> list[str | None]:
    values = read_labels(table, column)
    return [] if values is None else to_texts(values)
