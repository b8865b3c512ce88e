"""Parquet files that the package datasets of Hugging Face opens as images with class labels.

Source: `datasets` stores the types of columns under the key `huggingface` of the file's schema; a column of images is a
struct {bytes, path}, and class labels are int64 with −1 for none.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from pipeline.config import Export
from pipeline.runtime.observer import Observer
from pipeline.stages.export.classes import Classes
from pipeline.stages.export.exported_set import ExportedSet
from pipeline.stages.export.image_files import open_writer
from pipeline.stages.export.tables import as_lists

TYPES = {"int32": "int32", "Int32": "int32", "float32": "float32"}
"""Types of numbers by their names in pandas; all other columns are texts."""


def write_huggingface(
    exported: ExportedSet, classes: Classes, config: Export, folder: Path, observer: Observer
) -> None:
    """Write `data/train-00000-of-00001.parquet`, and `test-…` if the set has a test part.

    Columns: `image`, `label` (the class, −1 for none), and those of the table, of which `label`, the ground
    truth, is called `true_label`. Paths of this machine are left out.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    writer = open_writer(exported, config, observer)
    table = exported.table().drop(columns=["id", "split", "path"], errors="ignore")
    table = table.rename(columns={"label": "true_label"})
    schema = _schema(dict(zip(map(str, table.columns), map(str, table.dtypes), strict=True)), classes, config)
    is_train = exported.rows < len(exported.images.train)
    (folder / "data").mkdir()
    with ExitStack() as stack:
        files = {
            part: stack.enter_context(
                pq.ParquetWriter(folder / "data" / f"{part}-00000-of-00001.parquet", schema, compression="zstd")
            )
            for part in ("train", "test")
            if (is_train == (part == "train")).any()
        }
        for rows, images in writer.encoded(observer):
            labels = pa.array(classes.of_images[rows], pa.int64())
            columns: dict[str, Any] = {"image": _images(images, writer.names[rows]), "label": labels}
            columns |= {
                name: pa.array(table[name][rows], schema.field(name).type, from_pandas=True)
                for name in map(str, table.columns)
            }
            if config.vectors:
                columns["vector"] = as_lists(exported.vectors[rows])
            batch = pa.table(columns, schema)
            for part, file in files.items():
                selected = is_train[rows] == (part == "train")
                if selected.any():
                    file.write_table(batch.filter(pa.array(selected)))


def _images(images: list[bytes], names: list[str]) -> Any:
    import pyarrow as pa

    return pa.StructArray.from_arrays([pa.array(images, pa.binary()), pa.array(names)], ["bytes", "path"])


def _schema(dtypes: Mapping[str, str], classes: Classes, config: Export) -> Any:
    """The columns with their Arrow types, and as metadata their types as `datasets` writes them."""
    import pyarrow as pa

    names = {name: TYPES.get(dtype, "string") for name, dtype in dtypes.items()}
    fields = [
        pa.field("image", pa.struct([pa.field("bytes", pa.binary()), pa.field("path", pa.string())])),
        pa.field("label", pa.int64()),
        *(pa.field(name, pa.type_for_alias(dtype)) for name, dtype in names.items()),
    ]
    features: dict[str, Any] = {
        "image": {"_type": "Image"},
        "label": {"names": classes.names, "_type": "ClassLabel"},
    } | {name: {"dtype": dtype, "_type": "Value"} for name, dtype in names.items()}
    if config.vectors:
        fields.append(pa.field("vector", pa.list_(pa.float32())))
        features["vector"] = {"feature": {"dtype": "float32", "_type": "Value"}, "_type": "Sequence"}
    return pa.schema(fields, {"huggingface": json.dumps({"info": {"features": features}})})
