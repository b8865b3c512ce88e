"""The images, without labels: those that everything is fitted on, and those held out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.artifacts.base import Artifact, Float, Pixel, require
from pipeline.config.base import Resize


def to_unit_range(images: Pixel) -> Float:
    """Return images as float32 in [0, 1]: uint8 values are divided by 255, floats are not scaled."""
    if images.dtype == np.uint8:
        return np.asarray(images, np.float32) / np.float32(255)
    return np.asarray(images, np.float32)


@dataclass(frozen=True)
class Images(Artifact):
    """Images without labels: `train` (a, h, w, c) and `test` (b, h, w, c), uint8 or float32 in [0, 1].

    `split` selects the fitted images: train, test or all. With `split="train"` the test images are held out, otherwise
    none are (with `split="test"` the train images would be a misleading test set). `name` is the data set's name,
    `digest` a hash of the pixels and the split, `note` what the reader reports. `train_rows` and `test_rows` int64 are
    the indices of the images in the source. `paths` are the files of all images, train first, if images are files, and
    `folder` is where these can be read again, empty if they cannot.
    `value_format` has the dtype of arrays and the values that were read as 0 and 1, `value_ranges` the [low, high]
    that were read as 0 and 1 of image files, by depth, and `background` the colour behind transparent parts of image
    files; each is empty where it does not apply. `resize` says how files of another aspect ratio were read: stretch,
    crop or pad. `skipped` is the number of image files that could not be read.
    `vectors` (a + b, d) float32 are those of all images, train first, if they were computed elsewhere, and `dimensions`
    the names of their columns, empty without names; without `has_images` the images are cards that show a text or an
    id, and nothing may be computed from them. The last `appended` of the fitted images are not from the source: they
    were added to a finished run.
    """

    train: Pixel
    test: Pixel
    split: str = "train"
    name: str = "images"
    digest: str = ""
    note: str = ""
    train_rows: NDArray[np.int64] | None = None
    test_rows: NDArray[np.int64] | None = None
    paths: list[str] = field(default_factory=list)
    value_ranges: dict[str, list[float]] = field(default_factory=dict)
    background: str = ""
    value_format: dict[str, Any] = field(default_factory=dict)
    skipped: int = 0
    vectors: Float | None = None
    has_images: bool = True
    folder: str = ""
    appended: int = 0
    resize: Resize = "stretch"
    dimensions: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        require(self.split in ("train", "test", "all"), f"split is {self.split!r}, not train, test or all")
        for part in (self.train, self.test):
            require(part.ndim == 4, f"images have shape {part.shape}, not (n, height, width, channels)")
            require(part.dtype in (np.uint8, np.float32), f"images are {part.dtype}, not uint8 or float32")
        require(self.train.shape[1:] == self.test.shape[1:], "train and test images differ in shape")
        if self.vectors is not None:
            n = len(self.train) + len(self.test)
            require(len(self.vectors) == n, f"{len(self.vectors)} vectors for {n} images")

    @classmethod
    def from_array(cls, images: NDArray[Any], name: str = "array") -> Images:
        """Return images from an array (n, h, w) or (n, h, w, c), uint8 or floats in [0, 1]; all are fitted."""
        array = np.asarray(images)
        array = array[..., None] if array.ndim == 3 else array
        array = array if array.dtype == np.uint8 else array.astype(np.float32)
        return cls(train=array, test=array[:0], name=name)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Height, width and channels of one image."""
        height, width, channels = self.train.shape[1:]
        return height, width, channels

    def part(self, split: str) -> Pixel:
        """Return the images of `split`: train, test, or all (train first)."""
        if split == "all":
            return np.concatenate([self.train, self.test])
        return self.train if split == "train" else self.test

    def vectors_of(self, split: str) -> Float:
        """Return the vectors of `split`, which must exist."""
        require(self.vectors is not None, "there are no vectors")
        assert self.vectors is not None
        n_train = len(self.train)
        return {"train": self.vectors[:n_train], "test": self.vectors[n_train:], "all": self.vectors}[split]

    @property
    def fitted_vectors(self) -> Float:
        """The vectors (n, d) of the fitted images."""
        return self.vectors_of(self.split)

    @property
    def held_out_vectors(self) -> Float:
        """The vectors (m, d) of the held-out images."""
        return self.vectors_of("test") if self.split == "train" else self.vectors_of("train")[:0]

    def names(self, split: str) -> list[str]:
        """Return a name for each image of `split`: its file's path if images are files, else its index in the source.

        With `split="all"` an index is preceded by `train/` or `test/`.
        """
        if split == "all":
            prefix = "" if self.paths else "{}/"
            return [prefix.format(part) + name for part in ("train", "test") for name in self.names(part)]
        n_train = len(self.train)
        if self.paths:
            return self.paths[:n_train] if split == "train" else self.paths[n_train:]
        rows = self.train_rows if split == "train" else self.test_rows
        return [str(row) for row in (range(len(self.part(split))) if rows is None else rows)]

    @property
    def fitted(self) -> Pixel:
        """The n images that everything is fitted on."""
        return self.part(self.split)

    def fitted_rows(self, rows: Sequence[int] | NDArray[np.integer[Any]]) -> Pixel:
        """Return the fitted images of these rows; no others are copied."""
        chosen = np.asarray(rows, np.int64)
        if self.split != "all":
            part: Pixel = self.part(self.split)[chosen]
            return part
        gathered: Pixel = np.empty((len(chosen), *self.shape), self.train.dtype)
        is_train, n_train = chosen < len(self.train), len(self.train)
        gathered[is_train], gathered[~is_train] = self.train[chosen[is_train]], self.test[chosen[~is_train] - n_train]
        return gathered

    @property
    def n_fitted(self) -> int:
        """The number of images in `fitted`, which are not read for it."""
        return {"train": len(self.train), "test": len(self.test), "all": len(self.train) + len(self.test)}[self.split]

    @property
    def held_out(self) -> Pixel:
        """The m images that take no part in fitting and are assigned to clusters afterwards."""
        return self.test if self.split == "train" else self.train[:0]

    def metrics(self) -> dict[str, float]:
        """Return the numbers of fitted and held-out images."""
        return {"data/fitted_images": float(self.n_fitted), "data/held_out_images": float(len(self.held_out))}
