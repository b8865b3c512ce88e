"""What a file of vectors holds, and the names of its arrays or columns: set by the configuration, or usual ones."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from pipeline.data.array_names import LABEL_COLUMNS, usual_name
from pipeline.data.parquet_cells import Encoded
from pipeline.runtime.errors import UserError
from pipeline.runtime.observer import Observer

VECTOR_NAMES = ("vectors", "vector", "embeddings", "embedding", "features", "feature", "X", "x")
ID_NAMES = ("id", "ids", "name", "names", "path", "paths", "file", "filename")
TEXT_NAMES = ("text", "texts", "title", "caption", "sentence")
IMAGE_NAMES = ("images", "image", "img")


@dataclass(frozen=True)
class VectorFile:
    """Vectors (n, d), and a label, a text or an id, and an image of each; None where the file has none.

    A vector without a text or an id has None among the `texts`. `images` are pixels (n, h, w[, c]) or encoded images.
    `dimensions` are the names of the d columns of a table that has a header.
    """

    vectors: NDArray[Any]
    labels: Any = None
    class_names: list[str] | None = None
    texts: list[str | None] | None = None
    images: NDArray[Any] | Encoded | None = None
    dimensions: list[str] | None = None


@dataclass(frozen=True)
class Columns:
    """The names of columns or arrays that the configuration sets; None: a usual name.

    New vectors need no labels: with `is_new` the label column may be missing, and is no part of a vector if it exists.
    """

    vectors: str | None = None
    labels: str | None = "auto"
    texts: str | None = None
    is_new: bool = False

    def label_among(self, names: Sequence[str]) -> str | None:
        """Return the key of the label column for these columns."""
        return "auto" if self.is_new and self.labels is not None and self.labels not in names else self.labels


def choose_name(key: str, chosen: str | None, usual: Sequence[str], names: Sequence[str], file: Path) -> str | None:
    """Return the chosen name, which must exist, or the first usual one that exists, in any case."""
    if chosen is None:
        return usual_name(names, usual)
    if chosen not in names:
        raise UserError(f"{key} = {chosen!r}: {file} has no such column; it has {', '.join(names[:20])}")
    return chosen


def choose_label(chosen: str | None, names: Sequence[str], file: Path) -> str | None:
    """Return the column of labels: the chosen one, for `auto` a usual one, None for None."""
    if chosen is None:
        return None
    return choose_name("data.label_column", None if chosen == "auto" else chosen, LABEL_COLUMNS, names, file)


def to_texts(values: Iterable[Any]) -> list[str | None]:
    """Return the cells of a column as texts; None, NaN and blank cells, which are missing, are None."""
    # NaN alone differs from itself
    texts = ("" if value is None or value != value else str(value) for value in values)
    return [text if text.strip() else None for text in texts]


def fill_texts(texts: Sequence[str | None], observer: Observer) -> list[str]:
    """Return the texts with the number of the row, from 0, in place of each that is missing, and note how many are."""
    missing = sum(text is None for text in texts)
    if missing:
        effect = "has no text; its name is its row number"
        if missing > 1:
            effect = "have no text; their names are their row numbers"
        observer.note(f"{missing:,} of {len(texts):,} vectors {effect}")
    return [str(row) if text is None else text for row, text in enumerate(texts)]
