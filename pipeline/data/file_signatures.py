"""Recognise image files by their first bytes, whatever their names."""

from __future__ import annotations

import re
from pathlib import Path

SIGNATURES = (
    rb"\x89PNG\r\n\x1a\n", rb"\xff\xd8\xff", rb"GIF8[79]a", rb"RIFF....WEBP", rb"BM.{12}[\x0c(4l|\x38]\0\0\0",
    rb"P[456]\s+(#[^\n]*\n\s*)*\d+\s", rb"....ftyp(avif|avis|heic|heix|hevc|heim|heis|mif1|msf1)",
    rb"\0\0\0\x0cjP  \r\n\x87\n",
)  # fmt: skip
"""Patterns of PNG, JPEG, GIF, WebP, BMP, PBM, PGM, PPM, AVIF, HEIC and JPEG 2000."""
TIFF = re.compile(rb"II\*\0|MM\0\*")
"""The start of TIFF files, which cameras' raw files and microscopes' slides share; Pillow reads their thumbnails."""
UNFINISHED = frozenset((".bak", ".tmp", ".part", ".crdownload"))
"""Suffixes of copies and of unfinished downloads."""
HEAD = 64
"""Bytes that decide; a comment in a PGM file may be longer, and then its name must say what it is."""

_PATTERN = re.compile(b"|".join(b"(?:" + signature + b")" for signature in SIGNATURES), re.DOTALL)
_HEIC = re.compile(rb"....ftyp(heic|heix|hevc|heim|heis|mif1|msf1)", re.DOTALL)


def has_image_signature(file: Path) -> bool:
    """Return whether the content of a file is an image, for files whose suffix is not that of an image.

    TIFF counts only without a suffix. Copies (`.bak`, `~`) and unreadable files do not count.
    """
    if file.suffix.lower() in UNFINISHED or file.name.endswith("~"):
        return False
    try:
        with file.open("rb") as stream:
            head = stream.read(HEAD)
    except OSError:
        return False
    return bool(_PATTERN.match(head) or (not file.suffix and TIFF.match(head)))


def is_heic(head: bytes) -> bool:
    """Return whether content starts as HEIC does."""
    return bool(_HEIC.match(head))
