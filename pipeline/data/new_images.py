"""Pictures to assign: read from wherever they are, and brought to the shape that a model was trained on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.artifacts.base import Pixel
from pipeline.data.arrays import as_pixels, resize
from pipeline.data.image_folder import read_image_folder
from pipeline.data.parquet import read_parquet
from pipeline.data.pictures import SUFFIXES, Picture, read_pictures
from pipeline.data.readers import read_numpy
from pipeline.data.source import Source
from pipeline.errors import ArgumentError, UserError
from pipeline.observer import SILENT, Observer

Shape = tuple[int, int, int]


@dataclass(frozen=True)
class NewImages:
    """Images (m, h, w, c), uint8 or float32 in [0, 1], and a name for each: its path, or its place."""

    pixels: Pixel
    names: list[str]


def read_new_images(path: str, shape: Shape, skip_at_most: int = 20, observer: Observer = SILENT) -> NewImages:
    """Return the images at `path` in `shape`: a folder of pictures, one picture, a `.npz`, `.npy` or `.parquet`.

    Pictures of any size are resized; grey and colour are turned into each other. Arrays must be uint8 or floats in
    [0, 1]. Of a set with a train and a test part, both are read.
    """
    file = Path(path).expanduser()
    if not file.exists():
        raise UserError(f"input: {file} does not exist; give a folder of pictures, a picture, .npz, .npy or .parquet")
    try:
        source = _read(file, shape, skip_at_most, observer)
    except ArgumentError as error:
        raise UserError(f"input{str(error).removeprefix('path')}") from error
    parts = [source.train] if source.test is None else [source.train, source.test]
    if file.suffix.lower() in (".npz", ".npy"):
        pixels = np.concatenate([in_shape(part, shape, file) for part in parts])
    else:
        pixels = np.concatenate(parts)
    names = [*source.paths, *source.test_paths] or [str(place) for place in range(len(pixels))]
    return NewImages(pixels, names)


def _read(file: Path, shape: Shape, skip_at_most: int, observer: Observer) -> Source:
    size, channels = shape[:2], 1 if shape[2] == 1 else 3
    kind = file.suffix.lower()
    if kind in (".npz", ".npy"):
        return read_numpy(str(file))
    if shape[2] not in (1, 3):
        raise UserError(f"input: the run's images have {shape[2]} channels and pictures have 1 or 3; give .npz or .npy")
    if file.is_dir() and not any(file.glob("*.parquet")):
        return read_image_folder(str(file), "none", size, channels, skip_at_most, observer)
    if file.is_dir() or kind == ".parquet":
        return read_parquet(str(file), "image", "label", size, channels, skip_at_most, observer)
    if kind in SUFFIXES:
        pixels, _, _ = read_pictures([Picture(file.name, file)], str(file), size, channels, 0, observer)
        return Source(pixels, paths=[file.name])
    raise UserError(
        f"input: {file} ends in {kind!r}; give a folder, .npz, .npy, .parquet or {', '.join(sorted(SUFFIXES))}"
    )


def in_shape(images: NDArray[Any], shape: Shape, file: Path) -> Pixel:
    """Return images of an array file in their final shape; only their size may differ."""
    array: Pixel = resize(as_pixels(images, f"images in {file}"), shape[:2])
    if array.shape[1:] != shape:
        raise UserError(f"input: images in {file} have {array.shape[3]} channels; the run's have {shape[2]}")
    return array
