"""A folder of pictures as an image set."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pipeline.data.arrays import Size
from pipeline.data.pictures import SUFFIXES, Picture, as_size, read_pictures
from pipeline.data.source import Source, files_below
from pipeline.errors import ArgumentError, UserError
from pipeline.observer import SILENT, Observer


def read_image_folder(
    path: str,
    labels_from: Literal["none", "folder"] = "none",
    image_size: int | Size | None = None,
    channels: int | None = None,
    skip_at_most: int = 20,
    observer: Observer = SILENT,
) -> Source:
    """Return the pictures (PNG, JPEG, BMP, WebP, GIF) in the folder `path` and in the folders within it.

    If `path` holds the folders train and test and no other with pictures, they are the train and the test part.
    With `labels_from="folder"` a picture's label is the first folder that it lies in, below `path` or below its
    part; pictures in none are unlabelled. Other files and hidden ones are left alone, and said to be.
    """
    root = Path(path).expanduser()
    if not root.is_dir():
        raise ArgumentError(f"path: {root} is not a folder; give the folder that your pictures are in")
    files = [file.relative_to(root) for file in files_below(root)]
    files = [file for file in files if not any(part.startswith(".") for part in file.parts)]
    pictures = [file for file in files if file.suffix.lower() in SUFFIXES]
    if not pictures:
        raise ArgumentError(f"path: {root} holds no picture; files that end in {', '.join(sorted(SUFFIXES))} are read")
    _tell_others(files, observer)
    parted = {file.parts[0] if len(file.parts) > 1 else "" for file in pictures} == {"train", "test"}
    if parted:  # the same order as everywhere: train first
        pictures.sort(key=lambda file: (file.parts[0] != "train", file))
    images, places, note = read_pictures(
        [Picture(_shown(file), root / file) for file in pictures],
        str(root),
        as_size(image_size),
        channels,
        skip_at_most,
        observer,
    )
    kept = [pictures[place] for place in places]
    border = sum(file.parts[0] == "train" for file in kept) if parted else len(kept)
    labels, names = _labels([file.parts[parted:] for file in kept]) if labels_from == "folder" else (None, [])
    return Source(
        images[:border],
        images[border:],
        None if labels is None else labels[:border],
        None if labels is None else labels[border:],
        names,
        [_shown(file) for file in kept[:border]],
        [_shown(file) for file in kept[border:]],
        note,
    )


def _shown(file: Path) -> str:
    """A file's name as text; bytes in it that are none become escapes, or no page or table could hold it."""
    return os.fsencode(file.as_posix()).decode("utf-8", "backslashreplace")


def _labels(parts: list[tuple[str, ...]]) -> tuple[NDArray[np.int32], list[str]]:
    """Numbers and names of the first folders; −1 for what lies in none."""
    parts = [tuple(_shown(Path(piece)) for piece in part) for part in parts]
    names = sorted({part[0] for part in parts if len(part) > 1})
    if not names:
        raise UserError("data.labels_from = 'folder': no picture lies in a sub-folder; set data.labels_from=none")
    number = {name: i for i, name in enumerate(names)}
    return np.array([number[part[0]] if len(part) > 1 else -1 for part in parts], np.int32), names


def _tell_others(files: list[Path], observer: Observer) -> None:
    others = Counter(file.suffix.lower() or "no ending" for file in files if file.suffix.lower() not in SUFFIXES)
    if others:
        told = ", ".join(f"{ending} ({count:,})" for ending, count in others.most_common(5))
        observer.note(f"{others.total():,} files are no pictures by their names and were left alone: {told}")
