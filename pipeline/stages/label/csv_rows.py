"""Rows of a CSV file as a page, a person or a spreadsheet program saved it."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Sequence
from pathlib import Path

from pipeline.runtime.errors import UserError, explain_file_error
from pipeline.runtime.observer import SILENT, Observer

SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab"}
"""Excel writes semicolons where the comma is the decimal sign, and tabs as Unicode text."""
BYTE_ORDER_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
FALLBACK_ENCODING = "cp1252"
"""Excel's in Western Europe and America, unless the file is saved as CSV UTF-8."""


def read_csv_rows(
    file: Path, columns: Sequence[str], key: str, observer: Observer = SILENT
) -> list[tuple[int, tuple[str, ...]]]:
    """Return the line number and the cells in `columns` of each row that is not empty; a missing cell is empty.

    The separator is the comma, semicolon or tab that gives the header `columns`, in any case, or that of a first line
    `sep=;`. The encoding is UTF-8, UTF-16 with a byte order mark, or else Windows-1252, with a note. `key` is the
    configuration key of the file.

    Raises:
        UserError: the file cannot be read, lacks or repeats a column, or a row has more cells than the header.
    """
    text = _decode(file, key, observer)
    directive = re.match(r'"?sep=(.)"?\n', text, re.IGNORECASE)
    separators = tuple(SEPARATORS) if directive is None else (directive[1],)
    start = 0 if directive is None else directive.end()
    header, rows = _parse(file, key, text[start:], separators, columns)
    positions = [header.index(name) for name in columns]
    selected = []
    for number, cells in rows:
        line = number + bool(start)
        if any(cell.strip() for cell in cells[len(header) :]):
            raise UserError(
                f"{key}: line {line} of {file} has {len(cells)} cells and the header {len(header)}; put cells that "
                "contain the separator in double quotes"
            )
        if any(cell.strip() for cell in cells):
            selected.append((line, tuple(cells[i] if i < len(cells) else "" for i in positions)))
    return selected


def _decode(file: Path, key: str, observer: Observer) -> str:
    """The text of the file, with line feeds as its line ends."""
    try:
        raw = file.read_bytes()
    except OSError as error:
        raise UserError(f"{key}: cannot read {file} as CSV: {explain_file_error(error)}") from error
    encoding = next((name for mark, name in BYTE_ORDER_MARKS.items() if raw.startswith(mark)), "utf-8")
    note = ""
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError as error:
        try:
            text = raw.decode(FALLBACK_ENCODING if encoding == "utf-8" else encoding)
        except UnicodeDecodeError:
            reason = f"byte {error.start} is not {encoding}"
            raise UserError(f"{key}: cannot read {file} as CSV: {reason}; save it as CSV UTF-8") from error
        note = f"{key}: {file} is not UTF-8 and is read as Windows-1252; if words are wrong, save it as CSV UTF-8"
    if "\0" in text or text.startswith("PK\x03\x04"):  # a workbook, for instance
        raise UserError(f"{key}: cannot read {file} as CSV: it is not a text file; save it as CSV UTF-8")
    if not text.strip():
        raise UserError(f"{key}: cannot read {file} as CSV: it is empty")
    if note:
        observer.note(note)
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _parse(
    file: Path, key: str, text: str, separators: Sequence[str], columns: Sequence[str]
) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """The header in lower case, and the line number and cells of each row, by the separator that gives the columns."""
    headers: list[list[str]] = []
    for separator in separators:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
        try:
            headers.append(next(reader, []))
        except csv.Error as error:  # a quote before another separator
            problem = f"line {reader.line_num}: {error}"
            continue
        header = [name.strip().casefold() for name in headers[-1]]
        if not all(header.count(name) == 1 for name in columns):
            continue
        try:
            return header, [(reader.line_num, cells) for cells in reader]
        except csv.Error as error:
            raise UserError(f"{key}: cannot read {file} as CSV: line {reader.line_num}: {error}") from error
    if not headers:
        raise UserError(f"{key}: cannot read {file} as CSV: {problem}")
    widest = max(headers, key=len)  # the separator that divides the header
    raise UserError(
        f"{key}: {file} has the columns {', '.join(widest)}; expected {' and '.join(columns)}, once each, separated by "
        f"{' or '.join(SEPARATORS.values())}"
    )
