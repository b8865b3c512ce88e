"""Parquet files with a column of encoded images, as in Hugging Face data sets and this package's exports."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from pipeline.data.arrays import Size, to_size
from pipeline.data.decoding import decode_images
from pipeline.data.encoded_image import EncodedImage
from pipeline.data.folder_layout import held_out_split, split_of
from pipeline.data.source import Source
from pipeline.data.transparency import Background
from pipeline.data.value_range import ValueRange
from pipeline.runtime.errors import ArgumentError, UserError, first_line
from pipeline.runtime.observer import SILENT, Observer


def read_parquet(
    path: str,
    image_column: str = "image",
    label_column: str = "label",
    image_size: int | Size | None = None,
    channels: Literal[1, 3] | None = None,
    skip_at_most: Annotated[int, Field(ge=0)] = 20,
    value_range: ValueRange = "auto",
    background: Background = "auto",
    observer: Observer = SILENT,
) -> Source:
    """Return the images of a `.parquet` file, or of all such files in a folder.

    A cell of `image_column` is the bytes of a PNG, JPEG, … file, or a structure with a field `bytes`. In a folder,
    files with the word test in their names or folders are the test part, or those with the word val if there are
    train files and no test files. `label_column`, if it exists, holds integers or words.
    `value_range` is described at `pipeline.data.value_range.choose_range`, `background` at
    `pipeline.data.transparency.choose_background`.

    Raises:
        UserError: a file cannot be read, has no column of encoded images, or the images cannot be decoded (see
            `decode_images`).
    """
    root = Path(path).expanduser()
    files = sorted(root.rglob("*.parquet")) if root.is_dir() else [root]
    tables = {file: _read_table(file, image_column, label_column) for file in files}
    if not tables:
        raise ArgumentError(f"path: {root} holds no .parquet file")
    is_test_file = _find_test_files(files, root)
    files.sort(key=lambda file: is_test_file[file])
    if len(set(is_test_file.values())) == 2:
        parts = {is_test: [f.name for f in files if is_test_file[f] == is_test] for is_test in (False, True)}
        observer.note(
            f"parts by file names: train part: {len(parts[False]):,} files such as {parts[False][0]}; "
            f"test part: {len(parts[True]):,} files such as {parts[True][0]}"
        )
    encoded: list[EncodedImage] = []
    labels: list[Any] = []
    is_test: list[bool] = []
    for file in files:
        table = tables[file]
        name = file.name if file == root else file.relative_to(root).as_posix()
        for row, cell in enumerate(table[image_column]):
            content = cell["bytes"] if isinstance(cell, dict) else cell  # the `path` of a structure is not opened
            encoded.append(EncodedImage(f"{name}[{row}]", content or b""))  # an empty cell is an unreadable image
        is_test += [is_test_file[file]] * len(table[image_column])
        labels += table.get(label_column) or [None] * len(table[image_column])
    images = decode_images(
        encoded, str(root), to_size(image_size), channels, skip_at_most, observer, value_range, background
    )
    border = sum(not is_test[index] for index in images.indices)
    column = np.array([labels[index] for index in images.indices], object)
    is_labelled = any(label is not None for label in column)
    return Source(
        images.pixels[:border],
        images.pixels[border:],
        column[:border] if is_labelled else None,
        column[border:] if is_labelled else None,
        [],
        [encoded[index].name for index in images.indices[:border]],
        [encoded[index].name for index in images.indices[border:]],
        images.note,
        images.value_ranges,
        images.background,
        skipped=len(encoded) - len(images.indices),
    )


def _find_test_files(files: list[Path], root: Path) -> dict[Path, bool]:
    """Whether each file is in the test part, by the words train, test and val in its name, or else in its folders'."""
    names = {
        file: [file.stem, *reversed(file.relative_to(root).parts[:-1])] if file != root else [file.stem]
        for file in files
    }
    splits = {file: next(filter(None, map(split_of, names[file])), "train") for file in files}
    held_out = held_out_split(splits.values())
    if all(split == held_out for split in splits.values()):  # without another part, only this name means a test part
        return {file: file.name.startswith("test") for file in files}
    return {file: splits[file] == held_out for file in files}


def _read_table(file: Path, image_column: str, label_column: str) -> dict[str, list[Any]]:
    """The image column, and the label column if it exists, as lists of Python values."""
    import pyarrow
    from pyarrow import parquet

    try:
        columns = parquet.read_schema(file).names
        if image_column not in columns:
            raise UserError(
                f"data.image_column = {image_column!r}: {file} has no such column; it has {', '.join(columns)}"
            )
        names = [name for name in (image_column, label_column) if name in columns]
        table = parquet.read_table(file, columns=names)
    except (OSError, pyarrow.ArrowException) as error:
        raise ArgumentError(f"path: {file} cannot be read as Parquet: {first_line(error)}") from error
    kind = table.schema.field(image_column).type
    cells = kind.field("bytes").type if pyarrow.types.is_struct(kind) and kind.get_field_index("bytes") >= 0 else kind
    if not (pyarrow.types.is_binary(cells) or pyarrow.types.is_large_binary(cells)):
        raise UserError(f"data.image_column = {image_column!r}: it holds {kind} in {file}; it must hold encoded images")
    return {name: table[name].to_pylist() for name in names}
