"""The names of EMNIST's classes, which are in a text file beside the images."""

from __future__ import annotations

import re
from pathlib import Path

from pipeline.runtime.errors import UserError

_LINE = re.compile(r"(?P<label>\d{1,4})(?P<codes>(\s+\d{1,6})+)\s*", re.ASCII)
"""A label and the codes of its characters: `1 65 97` are the upper- and lower-case A of class 1."""


def read_class_names(folder: Path, subset: str) -> list[str]:
    """Return the characters of each class from `SUBSET-mapping.txt` in a folder, such as `Aa`; empty without this file.

    The list is indexed by label. A label that the file does not list is named by its number.

    Raises:
        UserError: the file cannot be read, or a line is not a label and the codes of characters.
    """
    file = folder / f"{subset}-mapping.txt"
    if not subset or not file.is_file():
        return []
    try:
        lines = file.read_text(encoding="ascii").splitlines()
        names = dict(_parse_line(line) for line in lines if line.strip())
    except (OSError, ValueError, OverflowError) as error:
        raise UserError(
            f"{file}: is not a label and the codes of its characters on each line, such as '1 65 97' ({error}); "
            "correct it, or delete it to name the classes by their numbers"
        ) from error
    return [names.get(label, str(label)) for label in range(max(names, default=-1) + 1)]


def _parse_line(line: str) -> tuple[int, str]:
    match = _LINE.fullmatch(line)
    if match is None:
        raise ValueError(f"line {line[:40]!r}")
    return int(match["label"]), "".join(chr(int(code)) for code in match["codes"].split())
