"""Vectors to assign to the clusters of a finished run of vectors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.data.new_images import NewImages
from pipeline.data.vector_columns import Columns
from pipeline.data.vector_files import read_vector_file
from pipeline.data.vectors import check_vectors
from pipeline.runtime.errors import ArgumentError, UserError
from pipeline.runtime.observer import SILENT, Observer


def read_new_vectors(path: str, d: int, observer: Observer = SILENT, columns: Columns | None = None) -> NewImages:
    """Return the vectors (m, d) in a file, with their texts or ids as names; see `read_vectors`.

    `columns` are those of the run.

    Raises:
        UserError: the file cannot be read, or its vectors have another length or numbers that are not finite.
    """
    file = Path(path).expanduser()
    if not file.is_file():
        raise UserError(f"input: {file} is no file; the run was fitted on vectors: give .npy, .npz, .parquet or .csv")
    try:
        table = read_vector_file(file, columns or Columns(is_new=True), observer)
    except ArgumentError as error:
        raise UserError(f"input{str(error).removeprefix('path')}") from error
    vectors: NDArray[Any] = check_vectors(table.vectors, str(file), d)
    if not np.isfinite(vectors).all():
        raise UserError(
            f"input: {(~np.isfinite(vectors).all(axis=1)).sum():,} vectors in {file} hold NaN or infinite numbers"
        )
    return NewImages(vectors, table.texts or [str(row) for row in range(len(vectors))])
