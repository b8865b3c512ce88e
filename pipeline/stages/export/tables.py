"""Tables of all that is known of each image: CSV, and Parquet with nearest neighbours and vectors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.config import Export
from pipeline.runtime.observer import Observer
from pipeline.stages.export.classes import Classes
from pipeline.stages.export.exported_set import ExportedSet


def write_csv(exported: ExportedSet, classes: Classes, config: Export, folder: Path, observer: Observer) -> None:  # noqa: ARG001
    """Write images.csv, a row for each image; `neighbors` are the ids of the nearest ones, separated by spaces."""
    table = exported.table()
    indices, _ = exported.neighbors()
    table["neighbors"] = [" ".join(map(str, row)) for row in indices.tolist()]
    table.to_csv(folder / "images.csv", index=False, float_format="%.6g")


def write_parquet(exported: ExportedSet, classes: Classes, config: Export, folder: Path, observer: Observer) -> None:  # noqa: ARG001
    """Write images.parquet, a row for each image.

    `x`, `y`, the struct `neighbors` {ids, distances} and, where wanted, the list `vector` are what Apple's
    embedding-atlas reads; `ids` are rows of the table, and all lists have one length.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.Table.from_pandas(exported.table(), preserve_index=False)
    indices, distances = exported.neighbors()
    lists = [as_lists(indices.astype(np.int32)), as_lists(distances.astype(np.float32))]
    table = table.append_column("neighbors", pa.StructArray.from_arrays(lists, ["ids", "distances"]))
    if config.vectors:
        table = table.append_column("vector", as_lists(exported.vectors))
    pq.write_table(table, folder / "images.parquet", compression="zstd", row_group_size=10_000)


def as_lists(values: NDArray[Any]) -> Any:
    """Return the rows of an array (r, d) as an Arrow array of lists."""
    import pyarrow as pa

    offsets = np.arange(len(values) + 1, dtype=np.int32) * np.int32(values.shape[1])
    return pa.ListArray.from_arrays(offsets, np.ascontiguousarray(values).ravel())
