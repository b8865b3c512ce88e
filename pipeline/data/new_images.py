"""Images to assign to the clusters of a finished run, read in the shape that its model was trained on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from pipeline.artifacts.base import Pixel
from pipeline.data.arrays import as_pixels, resize_images
from pipeline.data.decoding import decode_images
from pipeline.data.encoded_image import SUFFIXES, EncodedImage
from pipeline.data.image_folder import read_image_folder
from pipeline.data.numpy_arrays import read_numpy
from pipeline.data.parquet import read_parquet
from pipeline.data.source import Source
from pipeline.runtime.errors import ArgumentError, UserError
from pipeline.runtime.observer import SILENT, Observer

Shape = tuple[int, int, int]
"""Height, width and channels."""


@dataclass(frozen=True)
class NewImages:
    """Images (m, h, w, c), uint8 or float32 in [0, 1], and the name of each: its path, or its index."""

    pixels: Pixel
    names: list[str]


def read_new_images(path: str, shape: Shape, skip_at_most: int = 20, observer: Observer = SILENT) -> NewImages:
    """Return the images at `path` in `shape`: a folder of images, one image, an `.npz`, `.npy` or `.parquet`.

    Encoded images are resized and converted between grey and colour. Arrays must be uint8, or floats in [0, 1], and
    are only resized. If the set has a train and a test part, both are read.

    Raises:
        UserError: the path does not exist or cannot be read, more than `skip_at_most` images are unreadable, or the
            channels do not match.
    """
    file = Path(path).expanduser()
    if not file.exists():
        raise UserError(f"input: {file} does not exist; give a folder of images, an image, .npz, .npy or .parquet")
    try:
        source = _read(file, shape, skip_at_most, observer)
    except ArgumentError as error:
        raise UserError(f"input{str(error).removeprefix('path')}") from error
    parts = [source.train] if source.test is None else [source.train, source.test]
    if file.suffix.lower() in (".npz", ".npy"):
        pixels = np.concatenate([conform(part, shape, file) for part in parts])
    else:
        pixels = np.concatenate(parts)
    names = [*source.paths, *source.test_paths] or [str(index) for index in range(len(pixels))]
    return NewImages(pixels, names)


def _read(file: Path, shape: Shape, skip_at_most: int, observer: Observer) -> Source:
    size = shape[:2]
    channels: Literal[1, 3] = 1 if shape[2] == 1 else 3
    suffix = file.suffix.lower()
    if suffix in (".npz", ".npy"):
        return read_numpy(str(file))
    if shape[2] not in (1, 3):
        raise UserError(
            f"input: the run's images have {shape[2]} channels and image files have 1 or 3; give .npz or .npy"
        )
    if file.is_dir() and not any(file.glob("*.parquet")):
        return read_image_folder(str(file), "none", size, channels, skip_at_most, observer)
    if file.is_dir() or suffix == ".parquet":
        return read_parquet(str(file), "image", "label", size, channels, skip_at_most, observer)
    if suffix in SUFFIXES:
        pixels, _, _ = decode_images([EncodedImage(file.name, file)], str(file), size, channels, 0, observer)
        return Source(pixels, paths=[file.name])
    raise UserError(
        f"input: {file} ends in {suffix!r}; give a folder, .npz, .npy, .parquet or {', '.join(sorted(SUFFIXES))}"
    )


def conform(images: NDArray[Any], shape: Shape, file: Path) -> Pixel:
    """Return the images of an array file resized to `shape`; a `UserError` refuses another number of channels."""
    array: Pixel = resize_images(as_pixels(images, f"images in {file}"), shape[:2])
    if array.shape[1:] != shape:
        raise UserError(f"input: images in {file} have {array.shape[3]} channels; the run's have {shape[2]}")
    return array
