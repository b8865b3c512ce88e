"""The labels that a person saved on the label page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.artifacts.base import Int
from pipeline.runtime.errors import UserError, first_line

COLUMNS = ("image", "label")


@dataclass(frozen=True)
class Answers:
    """Labels of m fitted images: their `rows` (m,), their `labels` (m,) as positions in `names`."""

    rows: NDArray[np.int64]
    labels: Int
    names: list[str]


def read_answers(path: str, images: Sequence[str]) -> Answers:
    """Read the labels from a CSV file with the columns `image` and `label`.

    `images` are the names of the fitted images, in order. Rows without a label are ignored.

    Raises:
        UserError: the file is not readable, holds no label, names an unknown image, or gives an image two labels.
    """
    file = Path(path).expanduser()
    table = _read_table(file)
    row_of_image = {name: row for row, name in enumerate(images)}
    unknown = [name for name in table["image"] if name not in row_of_image]
    if unknown:
        raise UserError(
            f"label.answers: {len(unknown)} images in {file} are not fitted images of this run, such as {unknown[0]}; "
            "set run=ID to the run that the page was made from"
        )
    duplicates = table["image"][table["image"].duplicated()]
    if len(duplicates):
        raise UserError(f"label.answers: {duplicates.iloc[0]} has more than one label in {file}; keep one")
    names = sorted(set(table["label"]), key=lambda name: (len(name), name) if name.isdigit() else (1 << 20, name))
    label_of_name = {name: label for label, name in enumerate(names)}
    rows = np.array([row_of_image[name] for name in table["image"]], np.int64)
    return Answers(rows, np.array([label_of_name[name] for name in table["label"]], np.int32), names)


def _read_table(file: Path) -> pd.DataFrame:
    """Read the rows that have a label, without repeated ones."""
    try:
        table = pd.read_csv(file, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise UserError(f"label.answers: cannot read {file} as CSV: {first_line(error)}") from error
    if not set(COLUMNS) <= set(table.columns):
        raise UserError(f"label.answers: {file} has the columns {', '.join(table.columns)}; expected image and label")
    table["label"] = table["label"].str.strip()
    table = table[table["label"] != ""].drop_duplicates(list(COLUMNS))
    if table.empty:
        raise UserError(f"label.answers: {file} contains no label; label images on the page and save them")
    return table
