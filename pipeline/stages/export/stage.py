"""Write the images of a finished run, with their clusters, as a data set."""

from __future__ import annotations

import errno
from pathlib import Path

from pipeline.artifacts.clustering import Clustering
from pipeline.artifacts.features import Map
from pipeline.artifacts.images import Images
from pipeline.artifacts.labels import Labels
from pipeline.artifacts.latents import Graph, Latents
from pipeline.config import Export
from pipeline.runtime.atomic_files import atomic_write
from pipeline.runtime.errors import UserError
from pipeline.runtime.observer import SILENT, Observer
from pipeline.runtime.resource_errors import DISK_FULL, NOT_WRITABLE
from pipeline.stages.export.classes import Classes, cluster_classes, label_classes
from pipeline.stages.export.exported_set import ExportedSet, exported_set
from pipeline.stages.export.formats import FORMATS
from pipeline.stages.export.result import ExportResult


def export(
    config: Export,
    images: Images,
    labels: Labels,
    latents: Latents,
    graph: Graph,
    clustering: Clustering,
    map: Map | None,  # the artifact's name
    path: Path,
    run_id: str = "",
    source: Path | None = None,
    observer: Observer = SILENT,
) -> ExportResult:
    """Write all images, fitted and held out, to the new folder `path` in the format `config.format`.

    Images that a person marked for removal are left out. The folder appears when it is complete. Nothing is
    overwritten: it must not exist, or be empty. `source` is the folder of which the run reads all images, if there is
    one; copies of images may not be put there.

    Raises:
        UserError: the folder holds files, lies in `source`, or cannot be written as asked for; the format needs
            images and the run has none; or classes are labels and the run has none.
    """
    target = FORMATS[config.format]
    try:
        _check_path(path, source if target.has_images else None)
    except OSError as error:
        raise UserError(_not_writable(path, error)) from error
    if target.has_images and not images.has_images:
        raise UserError(
            f"export.format = {config.format!r}: {images.name} has vectors and no images; give export.format=csv or "
            "parquet"
        )
    exported = exported_set(images, labels, latents, graph, clustering, map, observer)
    classes = _classes(exported, config)
    try:
        with atomic_write(path) as folder:
            folder.mkdir()
            target.write(exported, classes, config, folder, observer)
    except OSError as error:
        message = _explain_write_error(error, path)
        if message is None:
            raise
        raise UserError(message) from error
    return ExportResult(path, config.format, config.by, run_id, classes.counts(), exported.removed)


def _explain_write_error(error: OSError, path: Path) -> str | None:
    """One line for a full disk or a folder that cannot be written; None for other errors."""
    if error.errno in DISK_FULL:
        return f"export.path: the disk of {path} is full, and nothing was kept; give a folder on another disk"
    is_target = Path(error.filename or path).is_relative_to(path.parent)
    if is_target and error.errno in NOT_WRITABLE | {errno.ENOTEMPTY, errno.ENAMETOOLONG, errno.ENOENT}:
        return _not_writable(path, error)
    return None


def _not_writable(path: Path, error: OSError) -> str:
    return f"export.path: {path} cannot be written ({error.strerror}); give another folder"


def _classes(exported: ExportedSet, config: Export) -> Classes:
    if config.by == "cluster":
        return cluster_classes(exported.clusters, exported.clustering.names)
    if not (exported.truth >= 0).any():
        raise UserError(f"export.by = 'label': {exported.images.name} has no labels; give export.by=cluster")
    n_classes = max(len(exported.labels.names), int(exported.truth.max()) + 1)
    return label_classes(exported.truth, exported.labels.name, n_classes)


def _check_path(path: Path, source: Path | None) -> None:
    """Refuse a folder that holds files, and one in which the next run on `source` would read the exported images."""
    if path.is_dir() and any(path.iterdir()):
        raise UserError(f"export.path: {path} holds files, and nothing is overwritten; give a new folder")
    if path.exists() and not path.is_dir():
        raise UserError(f"export.path: {path} is a file; give a new folder")
    if source is not None and path.resolve().is_relative_to(source):
        raise UserError(f"export.path: {path} lies among the images in {source}; give a folder outside it")
