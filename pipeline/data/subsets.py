"""Random subsets of a data set: images that are used, and images that are held out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pipeline.data.class_labels import index_labels
from pipeline.data.source import Source
from pipeline.runtime.errors import UserError


def stratified_rows(labels: NDArray[np.int32], size: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return ascending rows of a random subset in which each label (n,) has its share; the sum is exactly `size`."""
    n = len(labels)
    if size == n:
        return np.arange(n)
    classes, counts = np.unique(labels, return_counts=True)
    share = size * counts / n
    quota = np.floor(share).astype(int)
    quota[np.argsort(quota - share, kind="stable")[: size - quota.sum()]] += 1
    rows = [
        rng.choice(np.flatnonzero(labels == label), count, replace=False)
        for label, count in zip(classes, quota, strict=True)
    ]
    return np.sort(np.concatenate(rows))


def hold_out(source: Source, fraction: float, rng: np.random.Generator) -> Source:
    """Return the source with this fraction of its images, at least one, as its test part.

    They are drawn at random, stratified by the labels if there are any.

    Raises:
        UserError: it has a test part already, or fewer than two images would be left.
    """
    n, n_test = len(source.train), 0 if source.test is None else len(source.test)
    key = f"data.test_fraction = {fraction:g}"
    if n_test:
        raise UserError(f"{key}: the data set has a test part of {n_test:,} images; data.test_size takes fewer of them")
    size = max(1, round(n * fraction))
    if n - size < 2:
        raise UserError(f"{key}: of {n:,} images, {n - size} would be fitted; give a smaller fraction")
    labels = source.train_labels
    held_out = stratified_rows(index_labels([labels, None], [n, 0], source.names)[0][0], size, rng)
    kept = np.delete(np.arange(n), held_out)
    return replace(
        source,
        train=source.train[kept],
        test=source.train[held_out],
        train_labels=None if labels is None else labels[kept],
        test_labels=None if labels is None else labels[held_out],
        paths=[source.paths[row] for row in kept if source.paths],
        test_paths=[source.paths[row] for row in held_out if source.paths],
        vectors=None if source.vectors is None else source.vectors[np.concatenate([kept, held_out])],
        train_rows=kept,
        test_rows=held_out,
    )
