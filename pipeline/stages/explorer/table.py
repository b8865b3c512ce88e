"""The images and their properties as one Parquet file, for other viewers and for pandas."""

from __future__ import annotations

import json
from collections.abc import Sequence
from io import BytesIO
from typing import Any

import numpy as np

from pipeline.artifacts.base import Pixel
from pipeline.pages.thumbnails import encode_png_batches
from pipeline.stages.explorer.facts import ImageFacts


def explorer_parquet(facts: ImageFacts) -> bytes:
    """Return a Parquet file with one row for each image.

    `image` is a PNG file in the struct {bytes, path}, which Hugging Face datasets, Spotlight and embedding-atlas show.
    `neighbors` is the struct {ids, distances} of embedding-atlas; `ids` are rows of this table.
    The label columns exist only if labels are known.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns: dict[str, Any] = {
        "id": pa.array(np.arange(facts.n, dtype=np.int32)),
        "row": pa.array(facts.rows),
        "image": _image_column(facts.images.fitted, facts.paths),
        "x": pa.array(facts.points[:, 0]),
        "y": pa.array(facts.points[:, 1]),
        "cluster": pa.array(facts.clusters),
        "confidence": pa.array(facts.confidence),
        "misfit": pa.array(facts.misfit),
        "rival": pa.array(facts.rival, mask=facts.rival < 0),
        "outlier": pa.array(facts.outlier),
    }
    if facts.labels.has_labels:
        columns["label"] = pa.array(facts.truth, mask=facts.truth < 0)
        columns["label_name"] = pa.array([facts.labels.name(label) or None for label in facts.truth.tolist()])
    columns["neighbors"] = _neighbor_column(facts)
    features = {"info": {"features": {name: _feature(name, column) for name, column in columns.items()}}}
    table = pa.table(columns).replace_schema_metadata({"huggingface": json.dumps(features)})
    buffer = BytesIO()
    pq.write_table(table, buffer, compression="zstd", row_group_size=10_000)
    return buffer.getvalue()


def _image_column(images: Pixel, paths: Sequence[str]) -> Any:
    """The images as PNG files; those of a batch become an array before the next, as objects take twice the memory."""
    import pyarrow as pa

    names = paths or [f"{row}.png" for row in range(len(images))]
    pngs = pa.concat_arrays([pa.array(batch, pa.binary()) for batch in encode_png_batches(images)])
    return pa.StructArray.from_arrays([pngs, pa.array(names)], ["bytes", "path"])


def _neighbor_column(facts: ImageFacts) -> Any:
    import pyarrow as pa

    offsets = np.arange(facts.n + 1, dtype=np.int32) * facts.graph.k
    lists = [
        pa.ListArray.from_arrays(offsets, np.ascontiguousarray(values).ravel())
        for values in (facts.neighbors, np.asarray(facts.graph.distances))
    ]
    return pa.StructArray.from_arrays(lists, ["ids", "distances"])


def _feature(name: str, column: Any) -> dict[str, Any]:
    """Return a column's type as Hugging Face datasets writes it, which otherwise reads `image` as a plain struct."""
    if name == "image":
        return {"_type": "Image"}
    if name == "neighbors":
        types = {"ids": "int32", "distances": "float32"}
        return {key: {"_type": "Sequence", "feature": _value(dtype)} for key, dtype in types.items()}
    return _value({"float": "float32"}.get(str(column.type), str(column.type)))


def _value(dtype: str) -> dict[str, str]:
    return {"_type": "Value", "dtype": dtype}
