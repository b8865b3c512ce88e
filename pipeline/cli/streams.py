"""Standard streams that can be written to, whatever they are: closed, or with an encoding that lacks characters."""

from __future__ import annotations

import codecs
import io
import os
import sys
from typing import Any

from pipeline.runtime.errors import UserError

REPLACEMENTS = {"✓": "*", "…": "...", "–": "-", "—": "-", "−": "-", "·": "|", "±": "+-", "×": "x", "→": "->"}
"""ASCII replacements for the non-ASCII characters in the package's messages."""

ERROR_HANDLER = "pipeline_streams"


class OutputError(UserError):
    """Standard output cannot be written."""


class _StandardOutput(io.FileIO):
    """Standard output, with an error that names it: that of a full disk would blame the folder of the results."""

    def write(self, data: Any) -> int:
        try:
            return super().write(data)
        except OSError as error:
            _discard_output()  # or else Python fails to write it again at exit
            if isinstance(error, BrokenPipeError):
                raise
            reason = error.strerror or error
            raise OutputError(f"standard output: cannot be written ({reason}); redirect it to another file") from error


def prepare_standard_streams() -> None:
    """Open closed standard streams on the null device, and let no character end the process.

    A closed descriptor would be given to the next file that is opened, such as the database, and native libraries
    would write their messages into that file. Without a standard error Python's `sys.stderr` is None.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        _open_if_closed(number, name)
    _name_errors_of_output()
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


def _discard_output() -> None:
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.close(null)


def _name_errors_of_output() -> None:
    stream = sys.stdout
    if not isinstance(stream, io.TextIOWrapper) or stream.buffer is None:
        return
    is_unbuffered = type(stream.buffer) is io.FileIO  # by PYTHONUNBUFFERED
    raw = stream.buffer if is_unbuffered else getattr(stream.buffer, "raw", None)
    if type(raw) is not io.FileIO or raw.fileno() != 1:
        return  # a console of Windows, or prepared already
    encoding, is_line_buffered = stream.encoding, stream.line_buffering
    stream.flush()
    stream.detach()
    named: Any = _StandardOutput(1, "w", closefd=False)
    sys.stdout = sys.__stdout__ = io.TextIOWrapper(  # type: ignore[misc]
        named if is_unbuffered else io.BufferedWriter(named), encoding,
        line_buffering=is_line_buffered, write_through=is_unbuffered,
    )  # fmt: skip


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
