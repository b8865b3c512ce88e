"""Vectors to assign to the clusters of a finished run of vectors."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from pipeline.data.new_images import NewImages
from pipeline.data.vector_columns import Columns, fill_texts
from pipeline.data.vector_files import read_vector_file
from pipeline.data.vectors import check_vectors, require_finite
from pipeline.runtime.errors import ArgumentError, UserError
from pipeline.runtime.observer import SILENT, Observer


def read_new_vectors(
    path: str,
    d: int,
    observer: Observer = SILENT,
    columns: Columns | None = None,
    dimensions: Sequence[str] = (),
) -> NewImages:
    """Return the vectors (m, d) in a file, with their texts or ids as names; see `read_vectors`.

    `columns` are those of the run, and `dimensions` the names of its d columns: a table with these names in another
    order is read in that of the run.

    Raises:
        UserError: the file cannot be read, or its vectors have another length, other names, or numbers that are not
            finite.
    """
    file = Path(path).expanduser()
    if not file.is_file():
        raise UserError(f"input: {file} is no file; the run was fitted on vectors: give .npy, .npz, .parquet or .csv")
    try:
        table = read_vector_file(file, columns or Columns(is_new=True), observer)
    except ArgumentError as error:
        raise UserError(f"input: {str(error).removeprefix('path: ')}") from error
    vectors: NDArray[Any] = check_vectors(table.vectors, str(file), d)
    if dimensions and table.dimensions and list(dimensions) != table.dimensions:
        vectors = vectors[:, _find_order(table.dimensions, dimensions, file)]
    require_finite(vectors, str(file))
    names = fill_texts(table.texts, observer) if table.texts else [str(row) for row in range(len(vectors))]
    return NewImages(vectors, names)


def _find_order(names: Sequence[str], expected: Sequence[str], file: Path) -> list[int]:
    """The positions of the expected names."""
    missing = [name for name in expected if name not in names]
    if missing:
        raise UserError(
            f"input: {file} has no column {missing[0]}; its columns need the names of the run's, such as "
            f"{', '.join(expected[:5])}"
        )
    return [list(names).index(name) for name in expected]
