"""The formats of an export: for each its name and the function that writes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pipeline.config import Export
from pipeline.runtime.observer import Observer
from pipeline.stages.export.classes import Classes
from pipeline.stages.export.coco import write_coco
from pipeline.stages.export.exported_set import ExportedSet
from pipeline.stages.export.fiftyone import write_fiftyone
from pipeline.stages.export.folders import write_folders
from pipeline.stages.export.huggingface import write_huggingface
from pipeline.stages.export.tables import write_csv, write_parquet


@dataclass(frozen=True)
class Format:
    """A format: `write` puts its files into an empty folder; `has_images` says whether these hold the images."""

    write: Callable[[ExportedSet, Classes, Export, Path, Observer], None]
    has_images: bool


FORMATS = {
    "folders": Format(write_folders, True),
    "csv": Format(write_csv, False),
    "parquet": Format(write_parquet, False),
    "huggingface": Format(write_huggingface, True),
    "coco": Format(write_coco, True),
    "fiftyone": Format(write_fiftyone, True),
}
"""The formats by their names in `export.format`."""
