"""FiftyOne's layout of image classification: `data/` and labels.json.

Source: FiftyOneImageClassificationDataset in the documentation of FiftyOne, "Loading data into FiftyOne".
"""

from __future__ import annotations

import json
from pathlib import Path, PurePosixPath
from typing import Any

from pipeline.config import Export
from pipeline.runtime.observer import Observer
from pipeline.stages.export.classes import Classes
from pipeline.stages.export.exported_set import ExportedSet
from pipeline.stages.export.image_files import open_writer


def write_fiftyone(exported: ExportedSet, classes: Classes, config: Export, folder: Path, observer: Observer) -> None:
    """Write `data/` and labels.json {classes, labels}; labels are by file name without suffix, null for no class.

    A label has the class, the confidence if classes are clusters, and the attributes `cluster`, `part` and, where it is
    known, `true_label`.
    """
    writer = open_writer(exported, config, observer)
    (folder / "data").mkdir()
    writer.save([folder / "data" / name for name in writer.names], observer)
    facts = exported.table().to_dict("records")
    labels = {
        PurePosixPath(name).stem: _label(index, row, config)
        for name, index, row in zip(writer.names, classes.of_images.tolist(), facts, strict=True)
    }
    content = {"classes": classes.names, "labels": labels}
    (folder / "labels.json").write_text(json.dumps(content, ensure_ascii=False, allow_nan=False), encoding="utf-8")


def _label(index: int, row: dict[Any, Any], config: Export) -> dict[str, Any] | None:
    if index < 0:
        return None
    attributes = {"cluster": row["cluster"], "part": row["part"]}
    if isinstance(row.get("label"), str):  # where there is none, pandas has None or NaN
        attributes["true_label"] = row["label"]
    confidence = {"confidence": round(row["confidence"], 4)} if config.by == "cluster" else {}
    return {"label": index} | confidence | {"attributes": attributes}
