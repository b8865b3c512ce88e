"""The image files of an export: copies of the original files or links to them, and PNG files of all other images."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from pipeline.config import Export
from pipeline.data.image_files import ImageFiles, encoded_file, open_image_files
from pipeline.pages.thumbnails import encode_pngs
from pipeline.runtime.errors import UserError
from pipeline.runtime.observer import Observer
from pipeline.stages.export.exported_set import ExportedSet
from pipeline.stages.export.file_names import stem_names

BATCH = 256
"""Images written between two reports of progress."""

LINKS: dict[str | None, Callable[[Path, Path], object]] = {
    None: shutil.copy2,
    "hard": os.link,
    "symbolic": lambda original, target: target.symlink_to(original),
}
"""How a file at its first argument gets to its second, by `export.link`."""


@dataclass(frozen=True)
class ImageFileWriter:
    """Writes the images of a set as files, by their `originals`, or as PNG files.

    An image is its original file if the run read files, `originals` are wanted, and the file has one page.
    """

    exported: ExportedSet
    originals: bool = True
    link: str | None = None

    @cached_property
    def files(self) -> list[Path | None]:
        """Each image's original file (r), None where a PNG file is written."""
        if not self.exported.images.folder or not self.originals:
            return [None] * len(self.exported)
        folder = Path(self.exported.images.folder)
        is_whole = [encoded_file(folder, name).content == folder / name for name in self.exported.names]
        return [folder / name if whole else None for name, whole in zip(self.exported.names, is_whole, strict=True)]

    @cached_property
    def names(self) -> list[str]:
        """A name for the file of each image (r), safe, and unique without its suffix."""
        stems = stem_names(self.exported.names if self.exported.images.paths else self._numbers())
        suffixes = [".png" if file is None else file.suffix.lower() for file in self.files]
        return [stem + suffix for stem, suffix in zip(stems, suffixes, strict=True)]

    def notes(self) -> list[str]:
        """Return what a user must know of the files."""
        pixels, n_png = self.exported.images.train, sum(file is None for file in self.files)
        if not n_png:
            return []
        notes = [f"{n_png:,} images are written as PNG files"] if n_png < len(self.files) else []
        if pixels.dtype != np.uint8:
            notes.append("PNG files have 8 bits; the images of the run are floats")
        if pixels.shape[3] not in (1, 3):
            notes.append(f"PNG files are grey or RGB; the images of the run have {pixels.shape[3]} channels")
        return notes

    def check(self) -> None:
        """Raise a `UserError` if an original file is gone, or if there is none to link to."""
        if self.link is not None and not any(self.files):
            raise UserError(
                f"export.link = {self.link!r}: the images of {self.exported.images.name} are no files, or "
                "export.originals is false; leave export.link out"
            )
        for file in self.files:
            if file is not None and not file.is_file():
                raise UserError(
                    f"data.path: {file} was read before and is gone; restore it, or give export.originals=false for "
                    "PNG files of the images as the run read them"
                )

    def save(self, targets: Sequence[Path], observer: Observer) -> None:
        """Write each image to its target (r); the folders must exist.

        Raises:
            UserError: a link cannot be made, or an image cannot be decoded.
        """
        for batch in self._batches(observer):
            rows = range(len(targets))[batch]
            for row, png in zip(rows, self._pngs(batch), strict=True):
                file = self.files[row]
                if file is None:
                    targets[row].write_bytes(png)
                else:
                    self._transfer(file, targets[row])

    def encoded(self, observer: Observer) -> Iterator[tuple[slice, list[bytes]]]:
        """Yield the rows of a batch and the encoded images in it."""
        for batch in self._batches(observer):
            files = self.files[batch]
            yield (
                batch,
                [
                    png if file is None else file.read_bytes()
                    for file, png in zip(files, self._pngs(batch), strict=True)
                ],
            )

    def _transfer(self, file: Path, target: Path) -> None:
        try:
            LINKS[self.link](file, target)
        except OSError as error:
            if self.link is None:
                raise
            raise UserError(
                f"export.link = {self.link!r}: {file} cannot be linked ({error.strerror}); give an export.path on "
                "the same disk, or leave export.link out for copies"
            ) from error

    def _batches(self, observer: Observer) -> Iterator[slice]:
        total = len(self.exported)
        for start in range(0, total, BATCH):
            yield slice(start, min(start + BATCH, total))
            observer.progress(min(start + BATCH, total), total, "images")

    def _pngs(self, batch: slice) -> list[bytes]:
        """PNG files of a batch, empty for images that have an original file."""
        if not self.exported.images.folder or not self.originals:
            return encode_pngs(self.exported.pixels(batch))
        files = open_image_files(self.exported.images, self.exported.images.split, None)
        assert isinstance(files, ImageFiles)
        return [
            encode_pngs(files.decode(name)[None])[0] if file is None else b""
            for name, file in zip(self.exported.names[batch], self.files[batch], strict=True)
        ]

    def _numbers(self) -> list[str]:
        """Names of images that are no files, such as train_00012."""
        table = self.exported.images.names("all")
        names = [table[row] for row in self.exported.rows]
        return [f"{part}_{int(row):05d}" for part, _, row in (name.partition("/") for name in names)]


def open_writer(exported: ExportedSet, config: Export, observer: Observer) -> ImageFileWriter:
    """Return a writer of the images, after it has noted what a user must know of their files.

    Raises:
        UserError: an original file is gone, or there is none to link to.
    """
    writer = ImageFileWriter(exported, config.originals, config.link)
    writer.check()
    for note in writer.notes():
        observer.note(note)
    return writer
