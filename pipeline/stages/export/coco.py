"""COCO: images and one annotation for each, whose box is the whole image.

Source: the data format of COCO object detection, https://cocodataset.org/#format-data.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pipeline.config import Export
from pipeline.data.encoded_image import EncodedImage, read_header
from pipeline.runtime.observer import Observer
from pipeline.stages.export.classes import Classes
from pipeline.stages.export.exported_set import ExportedSet
from pipeline.stages.export.image_files import open_writer


def write_coco(exported: ExportedSet, classes: Classes, config: Export, folder: Path, observer: Observer) -> None:
    """Write `images/` and annotations.json; ids count from 1, and images without a class have no annotation."""
    writer = open_writer(exported, config, observer)
    (folder / "images").mkdir()
    files = [folder / "images" / name for name in writer.names]
    writer.save(files, observer)
    images, annotations = [], []
    table = exported.table()
    facts = zip(files, classes.of_images.tolist(), table["split"], table["part"], strict=True)
    for image_id, (file, index, split, part) in enumerate(facts, 1):
        height, width = read_header(EncodedImage(file.name, file, 0)).size
        images.append({
            "id": image_id, "file_name": file.name, "height": height, "width": width, "split": split, "part": part,
        })  # fmt: skip
        if index >= 0:
            annotations.append(_annotation(image_id, index + 1, height, width))
    categories = [{"id": number, "name": name, "supercategory": ""} for number, name in enumerate(classes.names, 1)]
    content = {
        "info": {"description": exported.images.name},
        "licenses": [],
        "images": images,
        "annotations": annotations,
        "categories": categories,
    }
    (folder / "annotations.json").write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")


def _annotation(image_id: int, category_id: int, height: int, width: int) -> dict[str, Any]:
    """The annotation of an image, which has its id."""
    return {
        "id": image_id, "image_id": image_id, "category_id": category_id, "bbox": [0, 0, width, height],
        "area": height * width, "segmentation": [[0, 0, width, 0, width, height, 0, height]], "iscrowd": 0,
    }  # fmt: skip
