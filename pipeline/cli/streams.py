"""Standard streams that can be written to, whatever they are: closed, or with an encoding that lacks characters."""

from __future__ import annotations

import codecs
import io
import os
import sys

REPLACEMENTS = {"✓": "*", "…": "...", "–": "-", "—": "-", "−": "-", "·": "|", "±": "+-", "×": "x", "→": "->"}
"""What the messages of the package consist of besides ASCII, for encodings that lack it."""

ERROR_HANDLER = "pipeline_streams"


def prepare_standard_streams() -> None:
    """Open closed standard streams on the null device, and let no character end the process.

    A closed descriptor would be given to the next file that is opened, such as the database, and native libraries
    would write their messages into that file. Without a standard error Python's `sys.stderr` is None.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        _open_if_closed(number, name)
    codecs.register_error(ERROR_HANDLER, _replace)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # not that of a notebook or a test
            stream.reconfigure(errors=ERROR_HANDLER)


def _open_if_closed(number: int, name: str) -> None:
    try:
        os.fstat(number)
    except OSError:
        null = os.open(os.devnull, os.O_RDWR)
        if null != number:
            os.dup2(null, number)
            os.close(null)
    if getattr(sys, name) is None:
        stream = open(number, "r" if number == 0 else "w", encoding="utf-8", closefd=False)  # noqa: SIM115
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)


def _replace(error: UnicodeError) -> tuple[str, int]:
    """Similar ASCII characters for those of the package's messages, and escapes for all others."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    characters = error.object[error.start : error.end]
    return "".join(REPLACEMENTS.get(text) or _escape(text) for text in characters), error.end


def _escape(character: str) -> str:
    """The byte of an undecodable file name in hexadecimal, and any other character as its code point."""
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    return character.encode("ascii", "backslashreplace").decode("ascii")
