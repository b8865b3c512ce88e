"""Parquet files with a column of encoded pictures, as Hugging Face's data sets and this project's export have it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from pipeline.data.arrays import Size
from pipeline.data.pictures import Picture, as_size, read_pictures
from pipeline.data.source import Source
from pipeline.errors import ArgumentError, UserError
from pipeline.observer import SILENT, Observer


def read_parquet(
    path: str,
    image_column: str = "image",
    label_column: str = "label",
    image_size: int | Size | None = None,
    channels: int | None = None,
    skip_at_most: int = 20,
    observer: Observer = SILENT,
) -> Source:
    """Return the pictures of a `.parquet` file, or of all such files in a folder.

    A picture is the bytes of a PNG, JPEG, … file, or a structure with such `bytes`. In a folder, files whose name
    begins with `test` hold the test part. Labels, integers or words, are read where there is a column for them.
    """
    root = Path(path).expanduser()
    files = sorted(root.rglob("*.parquet")) if root.is_dir() else [root]
    tables = {file: _table(file, image_column, label_column) for file in files}
    if not tables:
        raise ArgumentError(f"path: {root} holds no .parquet file")
    files.sort(key=lambda file: file.name.startswith("test"))
    pictures, labels, tested = [], [], []
    for file in files:
        found = tables[file]
        for row, content in enumerate(found[image_column]):
            content = content["bytes"] if isinstance(content, dict) else content  # a path beside them is not followed
            # An empty cell is an unreadable picture like any other: it is skipped and named.
            pictures.append(Picture(f"{file.name}[{row}]", content or b""))
        tested += [file.name.startswith("test")] * len(found[image_column])
        labels += found.get(label_column) or [None] * len(found[image_column])
    images, places, note = read_pictures(pictures, str(root), as_size(image_size), channels, skip_at_most, observer)
    border = sum(not tested[place] for place in places)
    numbers, names = _numbers([labels[place] for place in places])
    return Source(
        images[:border],
        images[border:],
        None if numbers is None else numbers[:border],
        None if numbers is None else numbers[border:],
        names,
        [pictures[place].name for place in places[:border]],
        [pictures[place].name for place in places[border:]],
        note,
    )


def _table(file: Path, image_column: str, label_column: str) -> dict[str, list[Any]]:
    """The two columns as Python values; the labels' only where there are any."""
    import pyarrow
    from pyarrow import parquet

    try:
        columns = parquet.read_schema(file).names
        if image_column not in columns:
            raise UserError(
                f"data.image_column = {image_column!r}: {file} has no such column; it has {', '.join(columns)}"
            )
        wanted = [name for name in (image_column, label_column) if name in columns]
        table = parquet.read_table(file, columns=wanted)
    except (OSError, pyarrow.ArrowException) as error:
        raise ArgumentError(f"path: {file} cannot be read as Parquet: {str(error).splitlines()[0]}") from error
    kind = table.schema.field(image_column).type
    cells = kind.field("bytes").type if pyarrow.types.is_struct(kind) and kind.get_field_index("bytes") >= 0 else kind
    if not (pyarrow.types.is_binary(cells) or pyarrow.types.is_large_binary(cells)):
        raise UserError(
            f"data.image_column = {image_column!r}: it holds {kind} in {file}; it must hold encoded pictures"
        )
    return {name: table[name].to_pylist() for name in wanted}


def _numbers(labels: list[Any]) -> tuple[Any, list[str]]:
    """Labels as integers, −1 where there is none, and the words behind them, if they are words."""
    known = [label for label in labels if label is not None]
    if not known:
        return None, []
    if all(isinstance(label, int) for label in known):
        return np.array([-1 if label is None else label for label in labels], np.int32), []
    names = sorted({str(label) for label in known})
    number = {name: i for i, name in enumerate(names)}
    return np.array([-1 if label is None else number[str(label)] for label in labels], np.int32), names
