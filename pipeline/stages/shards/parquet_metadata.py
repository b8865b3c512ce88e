"""Parquet files with JSON metadata about their content."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline.runtime.atomic_files import atomic_write

KEY = b"latent-clustering"


def write_parquet_with_metadata(table: pd.DataFrame, file: Path, metadata: dict[str, Any]) -> None:
    """Write the table and its metadata into one file, atomically."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    arrow = pa.Table.from_pandas(table, preserve_index=False)
    arrow = arrow.replace_schema_metadata({**arrow.schema.metadata, KEY: json.dumps(metadata).encode()})
    with atomic_write(file) as temporary:
        pq.write_table(arrow, temporary)


def read_parquet_metadata(file: Path) -> dict[str, Any] | None:
    """Return the metadata; None if the file is missing or damaged, or was written by another program."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        metadata: dict[str, Any] = json.loads(pq.read_schema(file).metadata[KEY])
    except (OSError, pa.ArrowInvalid, KeyError, TypeError, ValueError):
        return None
    return metadata
