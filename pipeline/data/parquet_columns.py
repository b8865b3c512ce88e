"""The columns of images and labels in Parquet files: chosen by key, or by types, names and Hugging Face's metadata."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from pipeline.data.array_names import LABEL_COLUMNS
from pipeline.data.encoded_image import SUFFIXES
from pipeline.data.source import require_no_text_table
from pipeline.runtime.errors import ArgumentError, UserError, first_line
from pipeline.runtime.observer import SILENT, Observer

if TYPE_CHECKING:
    import pyarrow

IMAGE_NAMES = ("image", "img", "images", "pixels")
"""Names of columns that `auto` takes as images, in order of preference."""


@dataclass(frozen=True)
class ParquetFile:
    """A file, the name of its rows in tables and messages, its columns, and those that its folders add.

    `folder_columns` are Hive's: a file in `label=3/` has the value 3 in the column `label`. `class_names` are the words
    that Hugging Face's metadata give for the integers of a column, `image_features` its columns of images.
    """

    path: Path
    name: str
    schema: pyarrow.Schema
    folder_columns: dict[str, str | int | None] = field(default_factory=dict)
    class_names: dict[str, list[str]] = field(default_factory=dict)
    image_features: list[str] = field(default_factory=list)

    @property
    def columns(self) -> list[str]:
        """The names of all columns."""
        return [*self.schema.names, *(name for name in self.folder_columns if name not in self.schema.names)]


def open_parquet(path: Path, root: Path) -> ParquetFile:
    """Return the columns of a file in the folder `root`, or of the file `root`.

    Raises:
        ArgumentError: the file cannot be read as Parquet.
    """
    import pyarrow
    from pyarrow import parquet

    require_no_text_table(path)
    try:
        schema = parquet.read_schema(path)
    except (OSError, pyarrow.ArrowException) as error:
        raise ArgumentError(f"path: {path} cannot be read as Parquet: {first_line(error)}") from error
    features = _read_features(schema)
    relative = path.relative_to(root) if path != root else Path(path.name)
    pairs = [part.split("=", 1) for part in relative.parts[:-1] if "=" in part]
    return ParquetFile(
        path,
        relative.as_posix(),
        schema,
        {unquote(key): _parse_folder_value(value) for key, value in pairs},
        {name: feature["names"] for name, feature in features.items() if feature.get("_type") == "ClassLabel"},
        [name for name, feature in features.items() if feature.get("_type") == "Image"],
    )


def choose_image_column(file: ParquetFile, key: str) -> str:
    """Return the column named `key`, or for `auto` Hugging Face's, one of `IMAGE_NAMES`, or the only one of images.

    The only one is sought among the columns of encoded images and nested lists of numbers, then among flat lists of
    numbers, and then among texts that end as the names of image files do.

    Raises:
        UserError: there is no such column, or `auto` finds none or several.
    """
    names = file.schema.names
    if key in names:
        return key
    if key != "auto":
        raise UserError(f"data.image_column = {key!r}: {file.path} has no such column; it has {', '.join(names)}")
    usual = usual_image_columns(file)
    if usual:
        return usual[0]
    candidates: list[str] = []
    for is_candidate in (_holds_images, _holds_lists, _holds_image_paths):
        candidates = candidates or [name for name in names if is_candidate(file, name)]
    if len(candidates) == 1:
        return candidates[0]
    raise UserError(
        f"data.image_column: {file.path} has no column named {' or '.join(IMAGE_NAMES[:2])} and "
        f"{len(candidates) or 'none'} that may hold images; set data.image_column to one of {', '.join(names)}"
    )


def holds_texts(file: ParquetFile, column: str) -> bool:
    """Return whether the cells of a column are texts."""
    return is_text(_value_type(file, column))


def is_text(kind: pyarrow.DataType) -> bool:
    """Return whether values of a type are texts."""
    from pyarrow import types

    return bool(types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind))


def usual_image_columns(file: ParquetFile) -> list[str]:
    """Return the columns that are images by Hugging Face's metadata or by their names, in order of preference."""
    return [name for name in (*file.image_features, *IMAGE_NAMES) if name in file.schema.names]


def choose_label_column(files: Sequence[ParquetFile], key: str | None, observer: Observer = SILENT) -> str | None:
    """Return the column named `key`, or for `auto` Hugging Face's class labels or one of `LABEL_COLUMNS`, or None.

    Raises:
        UserError: no file has the column named `key`.
    """
    if key is None:
        return None
    columns = list(dict.fromkeys(name for file in files for name in file.columns))
    if key in columns:
        return key
    if key != "auto":
        raise UserError(f"data.label_column = {key!r}: no such column in {files[0].path}; it has {', '.join(columns)}")
    classes = list(dict.fromkeys(name for file in files for name in file.class_names))
    candidates = list(dict.fromkeys(name for name in (*classes, *LABEL_COLUMNS) if name in columns))
    if not candidates:
        observer.note(
            f"no column of labels ({', '.join(LABEL_COLUMNS)}) among {', '.join(columns)}: the images are unlabelled; "
            "data.label_column=NAME reads another column"
        )
        return None
    if len(candidates) > 1:
        observer.note(
            f"of the columns {', '.join(candidates)} the first is read as labels; data.label_column sets another"
        )
    return candidates[0]


def _read_features(schema: pyarrow.Schema) -> dict[str, Any]:
    """The features of the columns in Hugging Face's metadata; empty without or with damaged ones."""
    try:
        features = json.loads((schema.metadata or {})[b"huggingface"])["info"]["features"]
        return {name: feature for name, feature in features.items() if isinstance(feature, dict)}
    except (KeyError, TypeError, ValueError, AttributeError):
        return {}


def _parse_folder_value(text: str) -> str | int | None:
    if text == "__HIVE_DEFAULT_PARTITION__":
        return None
    value = unquote(text)
    return int(value) if value.isdecimal() and value.isascii() else value


def _holds_images(file: ParquetFile, column: str) -> bool:
    """Whether cells may be images by their type: bytes, structures of bytes, or nested lists."""
    from pyarrow import types

    kind = _value_type(file, column)
    if types.is_struct(kind):
        return bool(kind.get_field_index("bytes") >= 0)
    return is_bytes(kind) or (is_list(kind) and is_list(kind.value_type))


def _holds_lists(file: ParquetFile, column: str) -> bool:
    """Whether cells are flat lists of numbers."""
    from pyarrow import types

    kind = _value_type(file, column)
    return is_list(kind) and bool(types.is_integer(kind.value_type) or types.is_floating(kind.value_type))


def _holds_image_paths(file: ParquetFile, column: str) -> bool:
    """Whether cells are texts, of which the first ends as the name of an image file does."""
    from pyarrow import parquet

    if not holds_texts(file, column):
        return False
    rows = next(parquet.ParquetFile(file.path).iter_batches(batch_size=1, columns=[column]), None)
    first = None if rows is None or not len(rows) else rows.column(0)[0].as_py()
    return first is not None and Path(first).suffix.lower() in SUFFIXES


def _value_type(file: ParquetFile, column: str) -> pyarrow.DataType:
    """The type of a column's values, without dictionary encoding and the name of an extension."""
    from pyarrow import BaseExtensionType, types

    kind = file.schema.field(column).type
    if isinstance(kind, BaseExtensionType):
        kind = kind.storage_type
    return kind.value_type if types.is_dictionary(kind) else kind


def is_bytes(kind: pyarrow.DataType) -> bool:
    """Return whether values are bytes."""
    from pyarrow import types

    tests = (types.is_binary, types.is_large_binary, types.is_binary_view, types.is_fixed_size_binary)
    return any(test(kind) for test in tests)


def is_list(kind: pyarrow.DataType) -> bool:
    """Return whether values are lists."""
    from pyarrow import types

    return bool(types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind))
