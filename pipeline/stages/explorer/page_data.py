"""The data of the explorer's script as JSON values; its types are those of `js/types.d.ts`."""

from __future__ import annotations

import sys
from base64 import b64encode
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.artifacts.base import Int
from pipeline.clustering.hierarchy import graph_linkage, merged_pairs
from pipeline.pages.figures.style import DARK_NOISE, DARK_PALETTE, NOISE, PALETTE
from pipeline.stages.explorer.facts import ImageFacts
from pipeline.stages.explorer.sprite_sheets import SpriteSheets

TYPED_ARRAYS = {"float32": "Float32Array", "int32": "Int32Array", "uint16": "Uint16Array", "uint8": "Uint8Array"}


def page_data(facts: ImageFacts, sheets: SpriteSheets, order: Int, neighbors: int) -> dict[str, Any]:
    """Return everything that the script reads, except the sprite sheets themselves, which are in the given order.

    Each image has its `neighbours` nearest neighbours on the page.
    """
    clustering, labels = facts.clustering, range(int(facts.truth.max(initial=-1)) + 1)
    return {
        "name": facts.images.name,
        "clustering": facts.digest,
        "k": clustering.k,
        "merges": merged_pairs(graph_linkage(facts.graph, facts.clusters)),
        "cluster_names": clustering.names,
        "graph_neighbours": facts.graph.k,
        "labels": [facts.labels.name(label) for label in labels],
        "paths": facts.paths,
        "n_train": len(facts.images.train) if facts.images.split == "all" else None,
        "palette": {"light": [*PALETTE, NOISE], "dark": [*DARK_PALETTE, DARK_NOISE]},
        "sheets": {
            "rows": sheets.rows,
            "columns": sheets.columns,
            "cell": list(sheets.cell),
            "thumbnail": list(sheets.thumbnail),
        },
        "columns": {name: _encode_array(values) for name, values in _columns(facts, order, neighbors).items()},
    }


def _columns(facts: ImageFacts, order: Int, neighbors: int) -> dict[str, NDArray[Any]]:
    """One array for each property of the images."""
    index = np.uint16 if facts.n <= 2**16 else np.int32
    slots = np.empty(facts.n, index)
    slots[order] = np.arange(facts.n)
    columns: dict[str, NDArray[Any]] = {
        "x": facts.points[:, 0],
        "y": facts.points[:, 1],
        "cluster": facts.clusters,
        "label": facts.truth,
        "confidence": facts.confidence,
        "misfit": facts.misfit,
        "rival": facts.rival,
        "outlier": facts.outlier,
        "neighbours": facts.neighbors[:, :neighbors].astype(index),
        "slot": slots,
    }
    if not np.array_equal(facts.rows, np.arange(facts.n)):
        columns["row"] = facts.rows
    if facts.clustering.marks is not None:
        columns["mark"] = np.asarray(facts.clustering.marks).astype(np.uint8)
    if (facts.copies >= 0).any():
        columns["copies"] = facts.copies
    if facts.blank.any():
        columns["blank"] = facts.blank.astype(np.uint8)
    return columns


def _encode_array(values: NDArray[Any]) -> dict[str, str]:
    """Return an array as the name of its JavaScript type and its bytes in base64, little-endian."""
    array = np.ascontiguousarray(values if sys.byteorder == "little" else values.byteswap())
    return {"type": TYPED_ARRAYS[values.dtype.name], "data": b64encode(array.tobytes()).decode()}
