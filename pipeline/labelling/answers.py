"""The labels that a person gave, from the CSV that the page saved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.artifacts.base import Int
from pipeline.errors import UserError

COLUMNS = ("image", "label")


@dataclass(frozen=True)
class Answers:
    """Rows of fitted images (m,), the numbers (m,) of their labels, and the labels in words."""

    rows: NDArray[np.int64]
    labels: Int
    names: list[str]


def read_answers(path: str, images: Sequence[str]) -> Answers:
    """Return the answers in a CSV with the columns image and label; `images` names the fitted images in their order.

    Lines without a label are left out.

    Raises:
        UserError: the file cannot be read, names no image of this run, or gives an image two labels.
    """
    file = Path(path).expanduser()
    try:
        table = pd.read_csv(file, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise UserError(f"label.answers: {file} cannot be read as CSV: {str(error).splitlines()[0]}") from error
    if not set(COLUMNS) <= set(table.columns):
        raise UserError(f"label.answers: {file} has the columns {', '.join(table.columns)}; it needs image and label")
    table["label"] = table["label"].str.strip()
    table = table[table["label"] != ""].drop_duplicates(list(COLUMNS))
    if table.empty:
        raise UserError(f"label.answers: {file} holds no label; label some images on the page and save them")
    place = {name: row for row, name in enumerate(images)}
    strangers = [name for name in table["image"] if name not in place]
    if strangers:
        raise UserError(
            f"label.answers: {len(strangers)} images in {file} are not among those that the run was fitted on, such as "
            f"{strangers[0]}; give the run that the page was made from: run=ID"
        )
    twice = table["image"][table["image"].duplicated()]
    if len(twice):
        raise UserError(f"label.answers: {twice.iloc[0]} has more than one label in {file}; leave one")
    names = sorted(set(table["label"]), key=lambda word: (len(word), word) if word.isdigit() else (1 << 20, word))
    number = {name: i for i, name in enumerate(names)}
    rows = np.array([place[name] for name in table["image"]], np.int64)
    return Answers(rows, np.array([number[label] for label in table["label"]], np.int32), names)
