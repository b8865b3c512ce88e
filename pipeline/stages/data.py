"""Read the images, take the subset asked for, and put the labels aside."""

from __future__ import annotations

import hashlib
import inspect
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.artifacts.images import Images
from pipeline.artifacts.labels import Labels
from pipeline.build import build, find
from pipeline.config import Data
from pipeline.data.arrays import as_pixels, resize
from pipeline.data.source import Source
from pipeline.errors import ArgumentError, UserError
from pipeline.observer import SILENT, Observer

MOST_CLASSES = 65_536
"""Integers from here on, and negative ones, are names of classes, not places in a list of them."""


def data(config: Data, observer: Observer = SILENT) -> tuple[Images, Labels]:
    """Return the images, and their labels for evaluation alone.

    Images become uint8 or float32 (n, h, w, c). `train_size` and `test_size` take a seeded random subset,
    stratified by the labels where there are any (stratifying balances the classes of a subset; it tells nobody
    which image is which).

    Raises:
        UserError: the files cannot be read, a size exceeds what is there, or a shape or range does not fit.
    """
    source = _read(config, observer)
    rng = np.random.default_rng(config.seed)
    train = as_pixels(source.train, "train images")
    test = as_pixels(source.test, "test images") if source.test is not None else train[:0]
    if train.shape[1:] != test.shape[1:]:
        raise UserError(f"data: train images are {train.shape[1:]}, test images {test.shape[1:]}; they must agree")
    train_labels, names = _integers(source.train_labels, len(train), source.names)
    test_labels, names = _integers(source.test_labels, len(test), names)
    rows = _subset(train_labels, config.train_size, rng, "data.train_size")
    test_rows = _subset(test_labels, config.test_size, rng, "data.test_size")
    _enough(config, len(rows), len(test_rows))
    size = (config.image_size, config.image_size) if config.image_size else None
    train, test = resize(train[rows], size), resize(test[test_rows], size)
    _different(config, {"train": (train,), "test": (test,), "all": (train, test)}[config.split])
    sampled = _sampled(config)
    if sampled:
        observer.note(sampled)
    note = "; ".join(text for text in (source.note, sampled) if text)
    digest = _digest(train, test, config.split)
    paths = [source.paths[row] for row in rows if source.paths]
    paths += [source.test_paths[row] for row in test_rows if source.test_paths]
    images = Images(train, test, config.split, config.name, digest, note, rows, test_rows, paths)
    return images, Labels(train_labels[rows], test_labels[test_rows], names, config.split)


def _read(config: Data, observer: Observer) -> Source:
    """What the reader named in the configuration returns; one that takes an observer gets this one."""
    reader = find(str(config.source.get("_target_")), "data.source")
    listening = {"observer": observer} if "observer" in inspect.signature(reader).parameters else {}
    try:
        source: Source = build(config.source, "data.source", **listening)
    except ArgumentError as error:
        raise UserError(f"data.{error}") from error
    return source


def _integers(labels: NDArray[Any] | None, n: int, names: list[str]) -> tuple[NDArray[np.int32], list[str]]:
    if labels is None:
        return np.full(n, -1, np.int32), names
    if labels.ndim != 1:
        raise UserError(f"data: labels have shape {labels.shape}; give one number or word for each image, {(n,)}")
    if len(labels) != n:
        raise UserError(f"data: {len(labels)} labels for {n} images; give one each")
    if np.issubdtype(labels.dtype, np.integer) and labels.min(initial=0) >= -1 and labels.max(initial=0) < MOST_CLASSES:
        numbers = labels.astype(np.int32)
        return numbers, names + [str(i) for i in range(len(names), int(numbers.max(initial=-1)) + 1)]
    words = names or sorted({str(label) for label in labels})
    place = {word: i for i, word in enumerate(words)}
    return np.array([place.get(str(label), -1) for label in labels], np.int32), words


def _subset(labels: NDArray[np.int32], size: int | None, rng: np.random.Generator, key: str) -> NDArray[np.int64]:
    """Rows of a stratified subset, ascending; each class gets its share, rounded so that the sum is exact."""
    n = len(labels)
    if size is None or size == n:
        return np.arange(n)
    if size > n:
        raise UserError(f"{key} = {size}: there are only {n} images; give at most {n}, or null for all")
    classes, counts = np.unique(labels, return_counts=True)
    share = size * counts / n
    quota = np.floor(share).astype(int)
    quota[np.argsort(quota - share, kind="stable")[: size - quota.sum()]] += 1
    picked = [
        rng.choice(np.flatnonzero(labels == label), take, replace=False)
        for label, take in zip(classes, quota, strict=True)
    ]
    return np.sort(np.concatenate(picked))


def _sampled(config: Data) -> str:
    """What must be said where not all images are used; empty where they are."""
    sizes = {"train": config.train_size, "test": config.test_size}
    taken = [f"{size:,} {part} images" for part, size in sizes.items() if size is not None]
    return f"a stratified random subset: {' and '.join(taken)} (seed {config.seed})" if taken else ""


def _different(config: Data, parts: tuple[NDArray[Any], ...]) -> None:
    """Refuse images of which all are the same: nothing can be trained, clustered or drawn."""
    first = next(part for part in parts if len(part))[0]
    if not any((image != first).any() for part in parts for image in part):
        count = sum(map(len, parts))
        raise UserError(f"data: all {count:,} images of {config.name} are the same; there is nothing to cluster")


def _enough(config: Data, train: int, test: int) -> None:
    fitted = {"train": train, "test": test, "all": train + test}[config.split]
    if fitted < 2:
        raise UserError(
            f"data.split = {config.split!r}: that part of {config.name} has {fitted} images; choose another, or give "
            "at least two images"
        )


def _digest(train: NDArray[Any], test: NDArray[Any], split: str) -> str:
    found = hashlib.sha256(f"{train.shape}{train.dtype}{test.shape}{split}".encode())
    for part in (train, test):  # not copied: there may be a million images
        found.update(np.ascontiguousarray(part).reshape(-1).view(np.uint8).data)
    return found.hexdigest()[:16]
