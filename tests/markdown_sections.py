"""Sections of Markdown files that programs write between `<!-- NAME:begin -->` and `<!-- NAME:end -->`."""

from __future__ import annotations

import re
from pathlib import Path

from pipeline.runtime.errors import UserError
from pipeline.runtime.paths import PACKAGE

ROOT = PACKAGE.parent
RECORDS = Path("tests") / "records"
"""Below the root: the measurements that the sections show."""


def read_section(text: str, name: str) -> str | None:
    """Return the text between the markers of a section, or None if there are no markers."""
    match = _pattern(name).search(text)
    return match[2].strip() if match else None


def replace_section(text: str, name: str, body: str, file: Path | str) -> str:
    """Return `text` with `body` between the markers of the section; `file` names the document in the error.

    Raises:
        UserError: the text has no such markers.
    """
    if not _pattern(name).search(text):
        raise UserError(f"{file}: has no <!-- {name}:begin --> and <!-- {name}:end -->; add both lines")
    return _pattern(name).sub(lambda match: f"{match[1]}{body}\n{match[3]}", text, count=1)


def write_section(file: Path, name: str, body: str) -> None:
    """Write `body` between the markers of a section of a Markdown file.

    Raises:
        UserError: the file has no such markers.
    """
    text = file.read_text(encoding="utf-8")
    file.write_text(replace_section(text, name, body, file.name), encoding="utf-8")


def section_names(text: str) -> list[str]:
    """Return the names of all sections that a text has markers for."""
    return re.findall(r"<!-- ([\w-]+):begin -->", text)


def _pattern(name: str) -> re.Pattern[str]:
    return re.compile(rf"(<!-- {name}:begin -->\n)(.*?)(<!-- {name}:end -->)", re.DOTALL)
