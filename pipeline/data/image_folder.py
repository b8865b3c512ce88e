"""A folder of image files as an image set."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from pipeline.config.base import Resize
from pipeline.data.arrays import Size, to_size
from pipeline.data.decoding import decode_images
from pipeline.data.encoded_image import SUFFIXES, EncodedImage, count_pages
from pipeline.data.file_signatures import has_image_signature
from pipeline.data.folder_layout import FolderLayout, read_layout
from pipeline.data.source import Source, files_below, require_no_text_table
from pipeline.data.transparency import Background
from pipeline.data.value_range import ValueRange
from pipeline.runtime.errors import ArgumentError, UserError
from pipeline.runtime.observer import SILENT, Observer


def read_image_folder(
    path: str,
    labels_from: Literal["auto", "none", "folder"] = "auto",
    label_depth: Annotated[int, Field(ge=1)] | None = None,
    image_size: int | Size | None = None,
    channels: Literal[1, 3] | None = None,
    skip_at_most: Annotated[int, Field(ge=0)] = 20,
    value_range: ValueRange = "auto",
    background: Background = "auto",
    resize: Resize = "stretch",
    pages: Literal["first", "all"] = "first",
    observer: Observer = SILENT,
) -> Source:
    """Return the images in the folder `path` and its sub-folders.

    The formats are those in `pipeline.data.encoded_image.FORMATS`, and HEIC with the package pillow-heif. A file counts
    as an image by its suffix or its content.
    Folders named after parts (train, test, val) are the train and the test part, see `read_layout`. With
    `labels_from="folder"` the label of an image is the first folder in its path that is neither a part nor a wrapper of
    all images, or the folder at `label_depth`, which counts from 1 below `path`; images above it are unlabelled. `auto`
    does so if every image is in such a folder, there are at least two, and two images a folder on average.
    Hidden files and other files are ignored; a note counts the latter. With `pages="all"` each page or frame of a file
    is an image, named `scan.tif#1` and so on, with the label and the part of its file.
    `value_range` is described at `pipeline.data.value_range.choose_range`, `background` at
    `pipeline.data.transparency.choose_background`, `resize` at `pipeline.data.aspect_ratio.match_aspect_ratio`.

    Raises:
        UserError: there is no such folder, it holds no image, there are no sub-folders to take labels from, or the
            images cannot be decoded (see `decode_images`).
    """
    root = Path(path).expanduser()
    if not root.is_dir():
        require_no_text_table(root)
        raise ArgumentError(f"path: {root} is not a folder; give the folder of your images")
    files = [file.relative_to(root) for file in files_below(root)]
    files = [file for file in files if not any(part.startswith(".") for part in file.parts)]
    image_files = _find_images(files, root, observer)
    if not image_files:
        raise ArgumentError(f"path: {root} holds no image; image files end in {', '.join(sorted(SUFFIXES))}")
    _note_ignored(sorted(set(files) - set(image_files)), observer)
    layout, has_labels = _read_layout(image_files, labels_from, label_depth, observer)
    test_files = {file for file, is_test in zip(image_files, layout.is_test, strict=True) if is_test}
    image_files.sort(key=lambda file: (file in test_files, file))  # the train part comes first, as in every array
    files_of_pages, encoded = _list_pages(image_files, root, pages)
    images = decode_images(
        encoded,
        str(root),
        to_size(image_size),
        channels,
        skip_at_most,
        observer,
        value_range,
        background,
        resize,
    )
    decoded = [files_of_pages[index] for index in images.indices]
    border = sum(file not in test_files for file in decoded)
    labels, names = None, list[str]()
    if has_labels:
        labels, names = _number_folders([layout.label(file) for file in decoded])
    return Source.split_at(
        border,
        images.pixels,
        labels,
        names,
        [encoded[index].name for index in images.indices],
        **images.facts,
        folder=str(root.resolve()) if all(_printable(file) == file.as_posix() for file in image_files) else "",
    )


def _list_pages(files: Sequence[Path], root: Path, pages: str) -> tuple[list[Path], list[EncodedImage]]:
    """The images to decode, one for each file or for each page of a file, and the file of each."""
    encoded = [EncodedImage(_printable(file), root / file) for file in files]
    if pages == "first":
        return list(files), encoded
    counts = [count_pages(item) for item in encoded]
    of_pages = [
        EncodedImage(f"{item.name}#{page + 1}" if count > 1 else item.name, item.content, page)
        for item, count in zip(encoded, counts, strict=True)
        for page in range(count)
    ]
    return [file for file, count in zip(files, counts, strict=True) for _ in range(count)], of_pages


def _printable(file: Path) -> str:
    """A file's path as text; bytes that are not UTF-8 become escapes, so that every page and table can hold it."""
    return os.fsencode(file.as_posix()).decode("utf-8", "backslashreplace")


def _read_layout(
    files: list[Path], labels_from: str, label_depth: int | None, observer: Observer
) -> tuple[FolderLayout, bool]:
    """The layout of the files, whether their folders are labels, and notes on both."""
    if label_depth is not None and labels_from == "none":
        raise UserError(f"data.label_depth = {label_depth}: labels are not read; set data.labels_from=folder")
    layout = read_layout(files, label_depth)
    has_labels = labels_from == "folder" or (label_depth is not None and labels_from == "auto")
    notes = [*layout.notes]
    if labels_from == "auto" and not has_labels and _are_classes([layout.label(file) for file in files]):
        has_labels = True
        notes.append(
            "the folders of the images are read as labels, used only for scores; data.labels_from=none ignores them"
        )
    for note in notes + (layout.label_notes if has_labels else []):
        observer.note(note.encode("utf-8", "backslashreplace").decode())
    return layout, has_labels


def _are_classes(folders: Sequence[str | None]) -> bool:
    """Whether folders look like classes: every image is in one, there are at least two, and few for the images."""
    names = set(folders)
    return None not in names and 2 <= len(names) <= len(folders) / 2


def _number_folders(folders: list[str | None]) -> tuple[NDArray[np.int32], list[str]]:
    """Folders as integers, −1 for None, and their names."""
    printable = [None if folder is None else _printable(Path(folder)) for folder in folders]
    names = sorted({name for name in printable if name is not None})
    if not names:
        raise UserError("data.labels_from = 'folder': no image lies in a sub-folder; set data.labels_from=none")
    index = {name: i for i, name in enumerate(names)}
    return np.array([-1 if name is None else index[name] for name in printable], np.int32), names


def _find_images(files: list[Path], root: Path, observer: Observer) -> list[Path]:
    """The files that are images by their suffixes, or else by their content; a note names the latter."""
    by_content = [f for f in files if f.suffix.lower() not in SUFFIXES and has_image_signature(root / f)]
    if by_content:
        examples = ", ".join(map(_printable, by_content[:5])) + (", …" if len(by_content) > 5 else "")
        observer.note(
            f"read files that are images by their content, not by their names ({len(by_content):,}): {examples}"
        )
    unnamed = set(by_content)
    return [file for file in files if file.suffix.lower() in SUFFIXES or file in unnamed]


def _note_ignored(files: list[Path], observer: Observer) -> None:
    """Count the files that are not images, by suffix."""
    ignored = Counter(file.suffix.lower() or "no suffix" for file in files)
    if ignored:
        counts = ", ".join(f"{suffix} ({count:,})" for suffix, count in ignored.most_common(5))
        files_are = "file that is not an image" if ignored.total() == 1 else "files that are not images"
        observer.note(f"ignored {ignored.total():,} {files_are}: {counts}")
