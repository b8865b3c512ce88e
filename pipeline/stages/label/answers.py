"""The labels that a person saved on the label page."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.artifacts.base import Int
from pipeline.runtime.counts import count_words
from pipeline.runtime.errors import UserError
from pipeline.runtime.observer import SILENT, Observer
from pipeline.stages.label.csv_rows import read_csv_rows

KEY = "label.answers"
COLUMNS = ("image", "label")
INTEGER = re.compile(r"-?\d+")
WHOLE_NUMBER = re.compile(r"^(-?\d+)[.,]0+$")
"""A whole number with a decimal point or comma."""
UNKNOWN = ("nan", "-1", "-1.0")
"""Labels that say that a label is unknown."""


@dataclass(frozen=True)
class Answers:
    """Labels of m fitted images: their `rows` (m,), their `labels` (m,) as positions in `names`."""

    rows: NDArray[np.int64]
    labels: Int
    names: list[str]


def read_answers(path: str, images: Sequence[str], observer: Observer = SILENT) -> Answers:
    """Read the labels from a CSV file with the columns `image` and `label`, as the page or a spreadsheet saved it.

    `images` are the names of the fitted images, in order. Rows without a label, or with `nan` or −1, are ignored.
    Spaces around a cell are ignored, except those of an image's name. The image 1478.0 is 1478 if no image has the
    longer name. If all labels are whole numbers, 3.0 is the label 3. `read_csv_rows` describes separators and
    encodings.

    Raises:
        UserError: the file is not readable, holds no label, names an unknown image, or gives an image two labels.
    """
    file = Path(path).expanduser()
    rows = [(line, image, label.strip()) for line, (image, label) in read_csv_rows(file, COLUMNS, KEY, observer)]
    labelled = [row for row in rows if row[2] and row[2].lower() not in UNKNOWN]
    ignored = sum(bool(row[2]) for row in rows) - len(labelled)
    if ignored:
        observer.note(f"{KEY}: {ignored:,} labels NaN or -1 are unknown, and are not spread")
    rows = labelled
    if not rows:
        raise UserError(f"{KEY}: {file} contains no label; label images on the page and save them")
    labels = _shorten_whole_numbers([label for _, _, label in rows], observer)
    label_of_row: dict[int, str] = {}
    for row, label in zip(_find_rows(rows, images, file), labels, strict=True):
        if label_of_row.setdefault(row, label) != label:
            raise UserError(f"{KEY}: {images[row]} has more than one label in {file}; keep one")
    names = sorted(set(labels), key=lambda name: (len(name), name) if name.isdigit() else (1 << 20, name))
    if len(names) == 1:
        observer.note(f"{KEY}: all answers are {names[0]!r}, so every image that they reach gets this label")
    label_of_name = {name: label for label, name in enumerate(names)}
    return Answers(
        np.array(list(label_of_row), np.int64),
        np.array([label_of_name[name] for name in label_of_row.values()], np.int32),
        names,
    )


def _find_rows(rows: Sequence[tuple[int, str, str]], images: Sequence[str], file: Path) -> list[int]:
    """The index of each row's image among `images`."""
    row_of_image = {name: row for row, name in enumerate(images)}
    indices, unknown = [], []
    for line, image, _ in rows:
        spellings = (image, image.strip(), WHOLE_NUMBER.sub(r"\1", image.strip()))
        name = next((name for name in spellings if name in row_of_image), None)
        if name is None:
            unknown.append(f"{image.strip()} in line {line}")
        else:
            indices.append(row_of_image[name])
    if unknown:
        images = count_words(len(unknown), f"image in {file} is not", f"images in {file} are not")
        raise UserError(
            f"{KEY}: {images} among the fitted images of this run, such as {unknown[0]}; "
            "set run=ID to the run that the page was made from"
        )
    return indices


def _shorten_whole_numbers(labels: list[str], observer: Observer) -> list[str]:
    """Labels such as 3.0, which pandas and spreadsheets make of 3, as 3, if all labels are whole numbers."""
    shortened = [WHOLE_NUMBER.sub(r"\1", label) for label in labels]
    if shortened == labels or not all(map(INTEGER.fullmatch, shortened)):
        return labels
    long, short = next(pair for pair in zip(labels, shortened, strict=True) if pair[0] != pair[1])
    observer.note(f"{KEY}: all labels are whole numbers, so that {long} is read as {short}")
    return shortened
