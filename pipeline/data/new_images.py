"""Images to assign to the clusters of a finished run, read in the shape that its model was trained on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from pipeline.artifacts.base import Pixel
from pipeline.artifacts.images import Images, to_unit_range
from pipeline.config.base import Depth, Resize
from pipeline.data.array_range import ValueFormat, conform_values, to_value_format
from pipeline.data.arrays import check_images, match_channels, resize_images
from pipeline.data.csv_images import CsvRules, is_csv, read_csv_files
from pipeline.data.decoding import UnreadableImagesError, decode_images
from pipeline.data.encoded_image import SUFFIXES, EncodedImage
from pipeline.data.file_signatures import has_image_signature
from pipeline.data.idx_images import find_idx_files, read_idx_file
from pipeline.data.image_folder import read_image_folder
from pipeline.data.new_list import is_new_list, read_new_list
from pipeline.data.numpy_arrays import read_numpy
from pipeline.data.parquet import read_parquet
from pipeline.data.source import Source, files_below
from pipeline.data.transparency import Background
from pipeline.data.value_range import Range, to_ranges
from pipeline.runtime.counts import count_words
from pipeline.runtime.errors import ArgumentError, UserError
from pipeline.runtime.observer import SILENT, Observer

Shape = tuple[int, int, int]
"""Height, width and channels."""


@dataclass(frozen=True)
class NewImages:
    """Images (m, h, w, c), uint8 or float32 in [0, 1], and the name of each: its path, or its index.

    If they are files that can be read again, the names are paths below `folder`, which else is empty.
    """

    pixels: Pixel
    names: list[str]
    folder: str = ""


@dataclass(frozen=True)
class NewLabels:
    """Labels (m,) of new images as numbers or words, None or −1 where unknown; `values` is None without labels."""

    values: NDArray[Any] | None = None


@dataclass(frozen=True)
class ReadingRules:
    """How a run read its images, so that new ones are read alike.

    `value_ranges` has the stored values of image files that are read as 0 and 1, by depth; a depth that is missing has
    its full range. `background` is the colour behind transparent parts; `auto` chooses it by the new images, and
    `resize` the rule for another aspect ratio.
    `value_format` is that of the run's arrays; without it arrays must be uint8, or floats in [0, 1].
    `image_column` is the column of Parquet files that has the images; their labels are not read. `label_column` is that
    of CSV files, and `transpose` exchanges rows and columns of these and of IDX files.
    `image_shape` is that of flat lists and rows of pixels, and `images_array` the name of the images in an `.npz`,
    where it has such an array. For CSV files that list images, `file_column` is the column, `folder` that of the run's
    images, where files are sought if they are not beside the table, and `suffix` the end of names that lack it.
    """

    value_ranges: dict[Depth, Range] = field(default_factory=dict)
    background: Background = "auto"
    resize: Resize = "stretch"
    value_format: ValueFormat | None = None
    image_column: str = "auto"
    label_column: str | int | None = "auto"
    transpose: bool | None = None
    image_shape: list[int] | None = None
    images_array: str | None = None
    file_column: str = "auto"
    folder: str = ""
    suffix: str = ""

    @classmethod
    def of_run(cls, images: Images) -> ReadingRules:
        """Return the rules by which the images of a run were read."""
        background: Background = "black" if images.background == "black" else "white" if images.background else "auto"
        value_format = to_value_format(images.value_format)
        return cls(to_ranges(images.value_ranges), background, images.resize, value_format, folder=images.folder)


def read_new_images(
    path: str, shape: Shape, skip_at_most: int = 20, observer: Observer = SILENT, rules: ReadingRules | None = None
) -> NewImages:
    """Return the images at `path` in `shape`, without labels; see `read_labelled_images`."""
    return read_labelled_images(path, shape, skip_at_most, observer, rules)[0]


def read_labelled_images(
    path: str, shape: Shape, skip_at_most: int = 20, observer: Observer = SILENT, rules: ReadingRules | None = None
) -> tuple[NewImages, NewLabels]:
    """Return the images at `path` in `shape`: a folder of images, one image, `.npz`, `.npy`, `.parquet`, `.csv` or IDX.

    Encoded images are resized and converted between grey and colour. Arrays are resized, and scaled as the run's if
    they are of the same dtype; others must be uint8, or floats in [0, 1]. All are read by the `rules` of the run. If
    the set has a train and a test part, both are read. Labels are those of arrays, of lists, and of folders named after
    classes.

    Raises:
        UserError: the path does not exist or cannot be read, more than `skip_at_most` images are unreadable, or the
            channels do not match.
    """
    file = Path(path).expanduser()
    if not file.exists():
        raise UserError(
            f"input: {file} does not exist; give a folder of images, an image, .npz, .npy, .parquet, .csv or IDX"
        )
    rules = rules or ReadingRules()
    idx_files = find_idx_files(file)
    if idx_files:
        if file.is_dir():
            observer.note(f"input: {file}: read the IDX files {', '.join(part.name for part in idx_files)}")
        arrays = {part.name: conform(read_idx_file(part, rules.transpose), shape, part, rules) for part in idx_files}
        names = [f"{name}[{row}]" for name, array in arrays.items() for row in range(len(array))]
        return NewImages(_join_pixels(list(arrays.values())), names), NewLabels()
    try:
        source = _read(file, shape, skip_at_most, observer, rules)
    except ArgumentError as error:
        raise UserError(f"input: {str(error).removeprefix('path: ')}") from error
    except UnreadableImagesError as error:
        allowed = f"; at most {error.limit} are skipped" if error.limit else ""
        raise UserError(f"input: {error.problem}; repair or remove them{allowed}") from error
    except UserError as error:
        if not str(error).startswith("data.image_column"):
            raise
        raise UserError(f"input: {error}; new images are in a column of the same name as those of the run") from error
    parts = [source.train] if source.test is None else [source.train, source.test]
    if not source.value_ranges:  # arrays, or lists of pixels in Parquet
        parts = [conform(part, shape, file, rules) for part in parts]
    pixels = _join_pixels(parts)
    if not len(pixels):
        raise UserError(f"input: {file} holds no images")
    names = [*source.paths, *source.test_paths] or [str(index) for index in range(len(pixels))]
    return NewImages(pixels, names, source.folder), _join_labels(source)


def _join_pixels(parts: Sequence[Pixel]) -> Pixel:
    """All images, uint8 if those of all parts are, else in [0, 1]."""
    if len({part.dtype for part in parts}) > 1:
        parts = [to_unit_range(part) for part in parts]
    pixels: Any = np.concatenate(parts)
    return pixels  # type: ignore[no-any-return]


def _join_labels(source: Source) -> NewLabels:
    """The labels of both parts; numbers become the names of their classes if these have names."""
    parts = [source.train_labels, *([] if source.test is None else [source.test_labels])]
    if any(part is None for part in parts):
        return NewLabels()
    labels = np.concatenate([np.asarray(part) for part in parts])
    if source.names and labels.ndim == 1 and labels.dtype.kind in "iu":
        return NewLabels(np.array([*source.names, None], object)[np.where(labels < 0, len(source.names), labels)])
    return NewLabels(labels)


def _read(file: Path, shape: Shape, skip_at_most: int, observer: Observer, rules: ReadingRules) -> Source:
    suffix = file.suffix.lower()
    if suffix in (".npz", ".npy"):
        return read_numpy(str(file), image_shape=rules.image_shape, images_array=_array_of_run(file, rules))
    is_list = is_new_list(file, rules.folder, rules.suffix)
    if is_csv(file) and not is_list:
        return read_csv_files(
            file, CsvRules(rules.label_column, rules.image_shape or shape, rules.transpose, is_new=True), observer
        )
    planes = shape[2]
    if planes not in (1, 3):
        raise UserError(
            f"input: the run's images have {planes} channels and image files have 1 or 3; give .npz or .npy"
        )
    size, ranges = shape[:2], rules.value_ranges
    channels: Literal[1, 3] = 1 if planes == 1 else 3
    read: Callable[..., Source] | None = None
    if suffix == ".parquet" or (file.is_dir() and _holds_parquet(file)):
        read = partial(read_parquet, image_column=rules.image_column, label_column=None, image_shape=rules.image_shape)
    elif is_list:
        keys = ("file_column", "label_column", "folder", "suffix")
        read = partial(read_new_list, **{key: getattr(rules, key) for key in keys})
    elif file.is_dir():
        read = read_image_folder
    if read is not None:
        return read(
            str(file), image_size=size, channels=channels, skip_at_most=skip_at_most, value_range=ranges,
            background=rules.background,
            resize=rules.resize,
            observer=observer,
        )  # fmt: skip
    if suffix in SUFFIXES or has_image_signature(file):
        images = decode_images(
            [EncodedImage(file.name, file)],
            str(file),
            size,
            channels,
            0,
            observer,
            ranges,
            rules.background,
            rules.resize,
        )
        return Source(
            images.pixels, paths=[file.name], value_ranges=images.value_ranges, folder=str(file.parent.resolve())
        )
    raise UserError(
        f"input: {file} ends in {suffix!r}; give a folder, .npz, .npy, .parquet, .csv, IDX or "
        f"{', '.join(sorted(SUFFIXES))}"
    )


def _holds_parquet(folder: Path) -> bool:
    """Whether a folder has Parquet files, or its sub-folders do and none has image files."""
    if any(folder.glob("*.parquet")):
        return True
    files = list(files_below(folder))
    return any(file.suffix.lower() == ".parquet" for file in files) and not any(
        file.suffix.lower() in SUFFIXES for file in files
    )


def _array_of_run(file: Path, rules: ReadingRules) -> str | None:
    """The array of the run's images if the archive has one of this name; else it is found by the usual names."""
    if rules.images_array is None or file.suffix.lower() != ".npz":
        return None
    with suppress(Exception), np.load(file, allow_pickle=False) as archive:  # the reader explains what is damaged
        return rules.images_array if rules.images_array in archive.files else None
    return None


def conform(images: NDArray[Any], shape: Shape, source: Path | str, rules: ReadingRules | None = None) -> Pixel:
    """Return the images of an array resized to `shape`; a `UserError` refuses another number of channels.

    Flat grey images (n, h·w) get the shape.
    """
    if images.ndim == 2 and shape[2] == 1 and images.shape[1] == shape[0] * shape[1]:
        images = images.reshape(len(images), *shape)
    hint = f"the run's images have shape (n, {', '.join(map(str, shape))})"
    images = check_images(match_channels(images, shape[2]), f"images in {source}", "input", hint)
    value_format = None if rules is None else rules.value_format
    array: Pixel = resize_images(conform_values(images, value_format, f"images in {source}"), shape[:2])
    if array.shape[1:] != shape:
        channels = count_words(array.shape[3], "channel", "channels")
        raise UserError(f"input: images in {source} have {channels}; the run's have {shape[2]}")
    return array
