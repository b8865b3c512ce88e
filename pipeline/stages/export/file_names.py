"""Names of files and folders that every file system takes, and that differ without regard to case."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath

from pipeline.data.encoded_image import SUFFIXES
from pipeline.data.unique_names import unique_names

LONGEST = 100
"""Characters of a name; file systems allow 255 bytes, and a character has up to four of them."""

FORBIDDEN = re.compile(r'[<>:"/\\|?*]')
"""What Windows forbids, path separators among it."""

RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
"""Names of devices on Windows."""


def safe_name(text: str) -> str:
    """Return the text as the name of a file or folder: letters of any script are kept, unsafe characters become `_`."""
    name = FORBIDDEN.sub("_", " ".join(unicodedata.normalize("NFC", text).split()))
    name = "".join(letter if letter.isprintable() else "_" for letter in name)[:LONGEST].strip(". ")
    return f"_{name}" if not name or RESERVED.fullmatch(name) or name.startswith("-") else name


def unique_file_names(names: Iterable[str]) -> list[str]:
    """Return the names with numbers at the end of those that differ from an earlier one in nothing but case."""
    return unique_names(names, ignore_case=True, form="{name}-{number}")


def stem_names(paths: Sequence[str]) -> list[str]:
    """Return a safe and unique name without a suffix for each image: its file's if no other has it, else its path's.

    `cat/1.jpg` and `dog/1.jpg` become `cat_1` and `dog_1`, `cat/tom.jpg` becomes `tom`.
    """
    stems = [safe_name(_stem(path)) for path in paths]
    counts = Counter(stem.casefold() for stem in stems)
    return unique_file_names(
        stem if counts[stem.casefold()] == 1 else safe_name(str(PurePosixPath(path).parent / _stem(path)))
        for path, stem in zip(paths, stems, strict=True)
    )


def _stem(path: str) -> str:
    """The name of an image file without its suffix; `scan.tif#2`, a page, keeps its number."""
    base, _, page = PurePosixPath(path).name.rpartition("#")
    name, page = (base, f"_{page}") if base and page.isdigit() else (PurePosixPath(path).name, "")
    file = PurePosixPath(name)
    return (file.stem if file.suffix.lower() in SUFFIXES else file.name) + page
