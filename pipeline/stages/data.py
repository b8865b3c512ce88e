"""Read the images, take the configured subset, and separate the labels from the images."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.artifacts.base import Float
from pipeline.artifacts.images import Images
from pipeline.artifacts.labels import Labels
from pipeline.config import Data
from pipeline.config.instantiate import call_component, import_target
from pipeline.config.signatures import select_arguments
from pipeline.data.arrays import are_identical, resize_images, to_size
from pipeline.data.class_labels import index_labels
from pipeline.data.description import describe_image_set, image_set_warnings
from pipeline.data.image_parts import read_image_parts
from pipeline.data.source import Source
from pipeline.data.subsets import hold_out, stratified_rows
from pipeline.runtime.counts import count_words
from pipeline.runtime.errors import UserError
from pipeline.runtime.observer import SILENT, Observer


def data(config: Data, observer: Observer = SILENT) -> tuple[Images, Labels]:
    """Return the images, uint8 or float32 (n, h, w, c), and their labels, which only scores and pages use.

    `train_size` and `test_size` take a seeded random subset, stratified by the labels if there are any; this balances
    the classes of the subset and reveals no image's label to later stages. `test_fraction` holds such a share of the
    images out.

    Raises:
        UserError: the files cannot be read, a size exceeds the number of images, or a shape or range is wrong.
    """
    rng = np.random.default_rng(config.seed)
    source = _read_source(config, observer)
    if config.test_fraction is not None:
        source = hold_out(source, config.test_fraction, rng)
    rule = "dtype" if source.value_ranges else config.value_range  # image files were scaled as they were decoded
    parts = read_image_parts(source.train, source.test, source.layout, rule, observer)
    train, test = parts.train, parts.test
    indices, names, notes = index_labels(
        [source.train_labels, source.test_labels], [len(train), len(test)], source.names
    )
    train_labels, test_labels = indices
    for message in notes:
        observer.note(message)
    rows = _subset_rows(train_labels, config.train_size, rng, "data.train_size")
    test_rows = _subset_rows(test_labels, config.test_size, rng, "data.test_size")
    _require_two_images(config, len(rows), len(test_rows))
    size = to_size(config.image_size)
    train, test = resize_images(_take(train, rows), size), resize_images(_take(test, test_rows), size)
    vectors = _select_vectors(source, rows, test_rows)
    values = (train, test) if vectors is None else (vectors[: len(rows)], vectors[len(rows) :])
    _require_different_images(config, {"train": values[:1], "test": values[1:], "all": values}[config.split])
    subset_note = _describe_subset(config, source, bool((train_labels >= 0).any()))
    if subset_note:
        observer.note(subset_note)
    note = "; ".join(text for text in (source.note, subset_note) if text)
    digest = _digest_images([train, test] if vectors is None else [train, test, vectors], config.split)
    paths = [source.paths[row] for row in rows if source.paths]
    paths += [source.test_paths[row] for row in test_rows if source.test_paths]
    ranges = {str(depth): list(limits) for depth, limits in source.value_ranges.items()}
    images = Images(
        train, test, config.split, config.name, digest, note,
        rows if source.train_rows is None else source.train_rows[rows],
        test_rows if source.test_rows is None else source.test_rows[test_rows],
        paths, ranges, source.background, asdict(parts.value_format), source.skipped, vectors, source.has_images,
        source.folder, resize=source.resize, dimensions=source.dimensions,
    )  # fmt: skip
    labels = Labels(train_labels[rows], test_labels[test_rows], names, config.split)
    observer.message(describe_image_set(images, labels))
    for warning in image_set_warnings(images, labels):
        observer.note(warning)
    return images, labels


def _read_source(config: Data, observer: Observer) -> Source:
    """Call the reader with its own keys, and with those common keys and the observer that its signature names."""
    reader = import_target(config.target, "data._target_")
    common = select_arguments(reader, config.common_keys() | {"observer": observer})
    source: Source = call_component(config, "data", **common)
    return source


def _subset_rows(labels: NDArray[np.int32], size: int | None, rng: np.random.Generator, key: str) -> NDArray[np.int64]:
    """Ascending rows of a stratified subset; without a size, all."""
    n = len(labels)
    if size is not None and size > n:
        hint = f"give at most {n}, or null for all" if n else "data.test_fraction=0.2 holds a part of the images out"
        raise UserError(f"{key} = {size}: there are only {n} images{' in that part' * (n == 0)}; {hint}")
    return stratified_rows(labels, n if size is None else size, rng)


def _take(images: NDArray[Any], rows: NDArray[np.int64]) -> NDArray[Any]:
    """The images of these ascending rows, without a copy if they are all."""
    return images if len(rows) == len(images) else images[rows]


def _describe_subset(config: Data, source: Source, has_labels: bool) -> str:
    """A note on the images that were held out or left out at random; empty if all images are used as they come."""
    by_label = ", the same share of each label" if has_labels else ""
    sizes = {"train": config.train_size, "test": config.test_size}
    parts = [f"{size:,} {part} images" for part, size in sizes.items() if size is not None]
    notes = [f"a stratified random subset: {' and '.join(parts)} (seed {config.seed})"] if parts else []
    if source.test_rows is not None:
        notes.insert(0, f"{len(source.test_rows):,} images held out at random{by_label}")
    return "; ".join(notes)


def _require_two_images(config: Data, train: int, test: int) -> None:
    fitted = {"train": train, "test": test, "all": train + test}[config.split]
    if fitted < 2:
        images = count_words(fitted, "image", "images")
        raise UserError(
            f"data.split = {config.split!r}: that part of {config.name} has {images}; choose another, or give at least "
            "two images"
        )


def _require_different_images(config: Data, parts: tuple[NDArray[Any], ...]) -> None:
    """Refuse a set of identical images, from which nothing can be learned."""
    if are_identical(parts):
        count = sum(map(len, parts))
        raise UserError(f"data: all {count:,} images of {config.name} are the same; there is nothing to cluster")


def _select_vectors(source: Source, rows: NDArray[np.int64], test_rows: NDArray[np.int64]) -> Float | None:
    """The vectors of the selected rows of both parts, if the set has vectors."""
    if source.vectors is None:
        return None
    return np.asarray(source.vectors[np.concatenate([rows, len(source.train) + test_rows])], np.float32)


def _digest_images(parts: list[NDArray[Any]], split: str) -> str:
    digest = hashlib.sha256(f"{parts[0].shape}{parts[0].dtype}{parts[1].shape}{split}".encode())
    for part in parts:  # hashed without a copy: there may be a million images
        digest.update(np.ascontiguousarray(part).reshape(-1).view(np.uint8).data)
    return digest.hexdigest()[:16]
