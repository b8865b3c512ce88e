"""An image set to which new images are added, after those that everything is fitted on."""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.artifacts.base import Pixel
from pipeline.artifacts.images import Images, to_unit_range
from pipeline.artifacts.labels import Labels
from pipeline.data.arrays import resize_images
from pipeline.data.cards import draw_cards
from pipeline.data.class_labels import index_labels
from pipeline.data.new_images import NewImages, NewLabels
from pipeline.runtime.errors import UserError
from pipeline.runtime.observer import SILENT, Observer

UNKNOWN = -1


def name_new_images(images: Images, new: NewImages, source: Path) -> tuple[list[str], NDArray[np.int64]]:
    """Return the names of the new images in the set, and the rows of those that are not in it already.

    If the images of both are files, a name is the path from the folder of the set, such as `../new/a.jpg`, so that the
    file can be read again; files of the set are left out. Otherwise `source`, where the new images are from, precedes
    the name: `more.npz/12`, and `more (2).npz/12` if there is such a name already.
    """
    names = images.names("all") if images.paths else images.names(images.split)
    existing = set(names)
    if images.folder and new.folder:
        paths = [_relative(Path(new.folder) / name, images.folder) for name in new.names]
        existing = {_relative(Path(images.folder) / name, images.folder) for name in names}
        rows = np.array([row for row, path in enumerate(paths) if path not in existing], np.int64)
        return [paths[row] for row in rows], rows
    number, prefix = 1, source.name
    while any(f"{prefix}/{name}" in existing for name in new.names):
        number += 1
        prefix = f"{source.stem} ({number}){source.suffix}"
    return [f"{prefix}/{name}" for name in new.names], np.arange(len(new.names))


def _relative(file: Path, folder: str) -> str:
    """The path of a file from a folder, or its absolute path if they are on different drives."""
    try:
        return Path(os.path.relpath(file, folder)).as_posix()
    except ValueError:
        return file.as_posix()


def append_images(images: Images, new: NewImages, observer: Observer = SILENT) -> Images:
    """Return the set with the new images, or vectors, after the fitted ones; held-out images stay as they are.

    New images are resized to those of the set, and `new.names` become their paths. `folder` stays only if all images
    are files that can be read again. Further rows in the source are counted on for new images.

    Raises:
        UserError: the set has both vectors and images, and the new vectors come without images.
    """
    m = len(new.names)
    part, end = ("train", len(images.train)) if images.split == "train" else ("test", None)
    pixels = _pixels(images, new, observer)
    rows = [getattr(images, f"{name}_rows") for name in ("train", "test")]
    first = max((int(numbers.max(initial=UNKNOWN)) for numbers in rows if numbers is not None), default=UNKNOWN) + 1
    own_rows = rows[part == "test"]
    digest = hashlib.sha256(images.digest.encode())
    digest.update(np.ascontiguousarray(new.pixels).tobytes())
    names = [*images.names("train"), *images.names("test")] if images.split != "all" else images.names("all")
    changes: dict[str, Any] = {
        part: np.concatenate([getattr(images, part), pixels]),
        f"{part}_rows": None if own_rows is None else np.concatenate([own_rows, np.arange(first, first + m)]),
        "paths": _insert(names, new.names, end),
        "digest": digest.hexdigest()[:16],
        "folder": images.folder if images.folder and new.folder else "",
        "appended": images.appended + m,
    }
    if images.vectors is not None:
        position = len(images.vectors) if end is None else end
        changes["vectors"] = np.insert(np.asarray(images.vectors), position, new.pixels, axis=0)
    return replace(images, **changes)


def _insert(names: list[str], new: list[str], end: int | None) -> list[str]:
    position = len(names) if end is None else end
    return [*names[:position], *new, *names[position:]]


def _pixels(images: Images, new: NewImages, observer: Observer) -> Pixel:
    """The new images as the set holds its own: of the same size and type, or cards with their names."""
    if not images.has_images:
        return draw_cards([name.partition("/")[2] for name in new.names], observer)
    if images.vectors is not None:
        raise UserError(
            f"input: {images.name} has vectors with images, and new vectors come without images; use stage=assign"
        )
    pixels: Pixel = resize_images(new.pixels, images.shape[:2])
    if pixels.dtype == images.train.dtype:
        return pixels
    if images.train.dtype == np.float32:
        return to_unit_range(pixels)
    return np.round(pixels * 255).astype(np.uint8)


def append_labels(labels: Labels, new: NewLabels, images: Images, m: int, observer: Observer = SILENT) -> Labels:
    """Return the labels with those of m new images after the fitted ones, −1 where there are none.

    `images` are those without the new ones. Numbers are indices into the names of the classes, words are names, and
    new names are added.
    """
    (indices,), names, notes = index_labels([new.values], [m], labels.names)
    for note in notes:
        observer.note(note)
    train, test = (
        values if len(values) else np.full(count, UNKNOWN, np.int32)
        for values, count in ((labels.train, len(images.train)), (labels.test, len(images.test)))
    )
    if labels.split == "train":
        return replace(labels, train=np.concatenate([train, indices]), test=test, names=names)
    return replace(labels, train=train, test=np.concatenate([test, indices]), names=names)
