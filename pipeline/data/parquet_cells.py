"""The cells of a Parquet file's columns: encoded images, files of images, pixels, and labels."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pipeline.data.parquet_columns import ParquetFile, is_bytes, is_list, is_text
from pipeline.runtime.errors import ArgumentError, UserError, first_line

if TYPE_CHECKING:
    import pyarrow

Encoded = list[bytes | Path]


def read_image_cells(file: ParquetFile, column: str) -> Encoded | NDArray[Any]:
    """Return a column's images: the bytes or the file of each, or one array of pixels (n, …) if cells are lists.

    A cell is bytes, text that is the path of an image, or a structure of Hugging Face's with `bytes` or `path`. A path
    is relative to the folder of the Parquet file. An empty cell is empty bytes, which no reader accepts.

    Raises:
        UserError: cells are of another type, or lists of different lengths.
    """
    from pyarrow import types

    values = _read_column(file, column)
    where = f"data.image_column = {column!r}: {file.path}"
    if is_list(values.type):
        return _to_numbers(values, where, "lists of pixels")
    fields = {member.name for member in values.type} if types.is_struct(values.type) else set()
    if not (is_bytes(values.type) or is_text(values.type) or fields & {"bytes", "path"}):
        raise UserError(
            f"{where} holds {values.type}; it must hold encoded images, paths of images, or lists of pixels"
        )
    folder = file.path.parent
    return [_to_content(cell, folder) for cell in values.to_pylist()]


def read_labels(file: ParquetFile, column: str) -> NDArray[Any] | None:
    """Return the labels of a file, (n,) Python objects, or (n, k) numbers if cells are lists of several.

    The value of a Hive folder is the label of all rows of its files. None: the file has no such column.
    """
    from pyarrow import parquet

    if column not in file.schema.names:
        if column not in file.folder_columns:
            return None
        return to_objects([file.folder_columns[column]] * int(parquet.read_metadata(file.path).num_rows))
    values = _read_column(file, column)
    if is_list(values.type):
        return _flatten_labels(values, f"data.label_column = {column!r}: {file.path}")
    return to_objects(values.to_pylist())


def to_objects(values: list[Any]) -> NDArray[Any]:
    """Return an array (n,) that holds Python values as they are."""
    return np.array([None, *values], object)[1:]


def read_number_lists(file: ParquetFile, column: str, where: str) -> NDArray[Any]:
    """Return a column of lists of numbers as an array (n, d).

    Raises:
        UserError: cells are no lists of numbers, or of different lengths.
    """
    values = _read_column(file, column)
    if not is_list(values.type):
        raise UserError(f"{where}: {file.path} holds {values.type}; vectors are lists of numbers")
    return _to_numbers(values, f"{where}: {file.path}", "vectors")


def _read_column(file: ParquetFile, column: str) -> pyarrow.Array:
    """A column as one array, without dictionary encoding."""
    import pyarrow
    from pyarrow import parquet, types

    try:
        chunks = parquet.ParquetFile(file.path).read(columns=[column])[column]
    except (OSError, pyarrow.ArrowException) as error:
        raise ArgumentError(f"path: {file.path} cannot be read as Parquet: {first_line(error)}") from error
    if types.is_dictionary(chunks.type):
        chunks = chunks.cast(chunks.type.value_type)
    if isinstance(chunks.type, pyarrow.ExtensionType):
        chunks = pyarrow.chunked_array([chunk.storage for chunk in chunks.chunks], chunks.type.storage_type)
    array = chunks.combine_chunks()
    return pyarrow.concat_arrays(array.chunks) if isinstance(array, pyarrow.ChunkedArray) else array


def _to_content(cell: Any, folder: Path) -> bytes | Path:
    if isinstance(cell, dict):
        cell = cell.get("bytes") or cell.get("path")
    if isinstance(cell, str) and cell:
        return folder / Path(cell).expanduser()
    return cell or b""


def _to_numbers(values: pyarrow.Array, where: str, lists: str) -> NDArray[Any]:
    """Lists, or lists of lists, as an array of numbers; `lists` names them in errors."""
    from pyarrow import compute, types

    shape = [len(values)]
    while is_list(values.type):
        lengths = compute.list_value_length(values).unique().to_pylist()
        if len(lengths) > 1:
            sides = ", ".join("empty" if side is None else f"{side:,}" for side in lengths[:5])
            raise UserError(f"{where}: {lists} must have the same length, and theirs are {sides}")
        shape.append(lengths[0] if lengths else 0)
        values = values.flatten()
    is_number = types.is_integer(values.type) or types.is_floating(values.type) or types.is_boolean(values.type)
    if not is_number or values.null_count:
        kind = "missing numbers" if is_number else str(values.type)
        raise UserError(f"{where}: {lists} must hold numbers, and hold {kind}")
    return np.asarray(values.to_numpy(zero_copy_only=False)).reshape(shape)


def _flatten_labels(values: pyarrow.Array, where: str) -> NDArray[Any]:
    """Lists of one label as labels; longer lists as an array, which may be one-hot."""
    rows = values.to_pylist()
    lengths = {len(row) for row in rows if row is not None}
    if lengths <= {0, 1}:
        return to_objects([row[0] if row else None for row in rows])
    if len(lengths) == 1 and None not in rows:
        return np.array(rows)
    raise UserError(
        f"{where}: lists of labels have {', '.join(map(str, sorted(lengths)))} items; give one label for each image"
    )
