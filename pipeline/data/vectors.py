"""Vectors that were computed elsewhere, such as the embeddings of a pretrained model, with or without images."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from pipeline.data.arrays import Size, to_size
from pipeline.data.cards import draw_cards
from pipeline.data.decoding import decode_images
from pipeline.data.encoded_image import EncodedImage
from pipeline.data.source import Source
from pipeline.data.unique_names import unique_names
from pipeline.data.vector_columns import Columns, VectorFile, fill_texts
from pipeline.data.vector_files import read_vector_file
from pipeline.runtime.counts import count_words
from pipeline.runtime.errors import UserError
from pipeline.runtime.observer import SILENT, Observer

NOT_FINITE = "NaN, infinite numbers, or numbers too large for float32"


def read_vectors(
    path: str,
    vector_column: str | None = None,
    label_column: str | None = "auto",
    text_column: str | None = None,
    image_size: int | Size | None = None,
    channels: Literal[1, 3] | None = None,
    skip_at_most: Annotated[int, Field(ge=0)] = 20,
    observer: Observer = SILENT,
) -> Source:
    """Return the vectors (n, d) of a file, with the images, texts or ids, and labels that it has.

    Formats: `.npy` (n, d); `.npz` with `vectors`, `embeddings`, `features` or `X`; `.parquet` with a column of lists of
    such a name, or the only column of lists; `.csv` of numbers, with or without a header. Columns or arrays with usual
    names hold the labels (`label`, `y`, …), a text or an id of each vector (`text`, `title`, `id`, `path`, …), and
    images. Without images, pages show the text on a card. A vector without a text is named after its row number.

    Vectors with NaN or infinite numbers are skipped; more than `skip_at_most` of them stop the run.

    Raises:
        UserError: the file cannot be read, the vectors are not numbers of shape (n, d), or too many are not finite.
    """
    file = Path(path).expanduser()
    table = read_vector_file(file, Columns(vector_column, label_column, text_column), observer)
    vectors = check_vectors(table.vectors, str(file))
    rows = _finite_rows(vectors, file, skip_at_most, observer)
    texts = [str(row) for row in range(len(vectors))] if table.texts is None else fill_texts(table.texts, observer)
    if len(texts) != len(vectors):
        raise UserError(f"data.text_column: {len(texts)} texts for {len(vectors)} vectors in {file}; they must agree")
    names = unique_names(texts)
    if repeated := sum(name != text for name, text in zip(names, texts, strict=True)):
        example = next(name for name, text in zip(names, texts, strict=True) if name != text)
        equal = count_words(repeated, "text is", "texts are")
        observer.note(f"{equal} equal to an earlier one; their vectors have names such as {example!r}")
    pixels, rows, has_images = _find_pictures(
        table, names, texts, rows, to_size(image_size), channels, skip_at_most, observer
    )
    labels = None if table.labels is None else _take(np.asarray(table.labels), rows, len(vectors))
    return Source(
        pixels,
        train_labels=labels,
        names=table.class_names or [],
        paths=[names[row] for row in rows] if table.texts is not None or len(rows) < len(vectors) else [],
        skipped=len(vectors) - len(rows),
        vectors=vectors[rows],
        has_images=has_images,
        dimensions=table.dimensions or [],
    )


def check_vectors(vectors: NDArray[Any], where: str, d: int | None = None) -> NDArray[np.float32]:
    """Return vectors (n, d) as float32, with infinity where a number is beyond it.

    Raises:
        UserError: they are not numbers, or not of that shape.
    """
    if vectors.ndim != 2 or not vectors.shape[1] or vectors.dtype.kind not in "buif":
        hint = "; images are read by data=npz" if vectors.ndim > 2 else ""
        raise UserError(
            f"data: vectors in {where} are {vectors.dtype} of shape {vectors.shape}, not numbers (n, d){hint}"
        )
    if d is not None and vectors.shape[1] != d:
        raise UserError(f"input: vectors in {where} have {vectors.shape[1]:,} numbers; the run's have {d:,}")
    with np.errstate(over="ignore"):
        return np.ascontiguousarray(vectors, np.float32)


def require_finite(vectors: NDArray[np.float32], where: str) -> None:
    """Refuse new vectors (m, d) with numbers that are not finite, which are near to nothing.

    Raises:
        UserError: there are some.
    """
    count = int((~np.isfinite(vectors).all(axis=1)).sum())
    if count:
        vectors_with = count_words(count, f"vector in {where} holds", f"vectors in {where} hold")
        raise UserError(f"input: {vectors_with} {NOT_FINITE}")


def _finite_rows(vectors: NDArray[np.float32], file: Path, limit: int, observer: Observer) -> NDArray[np.int64]:
    finite = np.isfinite(vectors).all(axis=1)
    count = int((~finite).sum())
    if count > limit:
        raise UserError(
            f"data.skip_at_most = {limit}: {count:,} of {len(vectors):,} vectors in {file} hold {NOT_FINITE}, the "
            f"first in row {np.argmin(finite)}; correct or remove them, or raise data.skip_at_most"
        )
    if count:
        observer.note(f"skipped {count:,} of {len(vectors):,} vectors, which hold {NOT_FINITE}")
    constant = int((np.ptp(vectors[finite], axis=0) == 0).sum()) if finite.any() else 0
    if constant:
        observer.note(f"{constant:,} of {vectors.shape[1]:,} dimensions are constant and say nothing")
    return np.flatnonzero(finite)


def _find_pictures(
    table: VectorFile,
    names: list[str],
    texts: list[str],
    rows: NDArray[np.int64],
    size: Size | None,
    channels: int | None,
    skip_at_most: int,
    observer: Observer,
) -> tuple[NDArray[Any], NDArray[np.int64], bool]:
    """Images of the rows, the rows that have one, and whether they are images and not cards with the texts."""
    if table.images is None:
        return draw_cards([texts[row] for row in rows], observer), rows, False
    if isinstance(table.images, np.ndarray) and not table.images.ndim:
        raise UserError("data: the images beside the vectors are a single number; give one image for each vector")
    if len(table.images) != len(names):
        raise UserError(f"data: {len(table.images)} images for {len(names)} vectors; give one image for each vector")
    if isinstance(table.images, np.ndarray):
        return table.images[rows], rows, True
    encoded = [EncodedImage(names[row], table.images[row]) for row in rows]
    decoded = decode_images(encoded, "the file of vectors", size, channels, skip_at_most, observer)
    return decoded.pixels, rows[decoded.indices], True


def _take(labels: NDArray[Any], rows: NDArray[np.int64], n: int) -> NDArray[Any]:
    if not np.ndim(labels) or len(labels) != n:
        count = len(labels) if np.ndim(labels) else 1
        raise UserError(f"data: {count} labels for {n} vectors; give one label for each vector")
    return labels[rows]
