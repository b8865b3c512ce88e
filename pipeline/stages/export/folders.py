"""A folder for each class, as torchvision's ImageFolder, Keras and this package read it."""

from __future__ import annotations

from pathlib import Path

from pipeline.config import Export
from pipeline.runtime.observer import Observer
from pipeline.stages.export.classes import Classes
from pipeline.stages.export.exported_set import ExportedSet
from pipeline.stages.export.file_names import safe_name, unique_file_names
from pipeline.stages.export.image_files import open_writer


def write_folders(exported: ExportedSet, classes: Classes, config: Export, folder: Path, observer: Observer) -> None:
    """Write each image to `CLASS/FILE`, and those without a class to `noise/` or `unlabelled/`."""
    writer = open_writer(exported, config, observer)
    names = unique_file_names(map(safe_name, [classes.without, *classes.names]))
    names = [*names[1:], names[0]]  # of images with class −1
    for index in set(classes.of_images.tolist()):
        (folder / names[index]).mkdir()
    targets = [
        folder / names[index] / name for index, name in zip(classes.of_images.tolist(), writer.names, strict=True)
    ]
    writer.save(targets, observer)
