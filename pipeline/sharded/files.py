"""Files of results that are there whole or not at all, and that say what they were made from."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pandas as pd

KEY = b"latent-clustering"
PART = ".part"


@contextmanager
def whole(file: Path) -> Iterator[Path]:
    """Give a path to write to, which becomes `file` at the end; two who write the same at once do not meet."""
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(f".{file.name}-{uuid4().hex}{PART}")
    try:
        yield part
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)


def remove_parts(folder: Path) -> None:
    """Remove what killed writers left below `folder`."""
    for part in folder.rglob(f".*{PART}"):
        part.unlink(missing_ok=True)


def write_parquet(table: pd.DataFrame, file: Path, facts: dict[str, Any]) -> None:
    """Write the table, and `facts` about it into the file's own metadata."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    arrow = pa.Table.from_pandas(table, preserve_index=False)
    arrow = arrow.replace_schema_metadata({**arrow.schema.metadata, KEY: json.dumps(facts).encode()})
    with whole(file) as part:
        pq.write_table(arrow, part)


def read_facts(file: Path) -> dict[str, Any] | None:
    """Return those facts; None where there is no such file, or one that is damaged or another program's."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        found: dict[str, Any] = json.loads(pq.read_schema(file).metadata[KEY])
    except (OSError, pa.ArrowInvalid, KeyError, TypeError, ValueError):
        return None
    return found
