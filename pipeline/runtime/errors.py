"""Errors whose message is for the user, and the part of other errors that fits into such a message."""

from __future__ import annotations

import re


class UserError(Exception):
    """A mistake that the user can correct.

    The message says what is wrong, where (configuration key or file), and what would be right. The command line prints
    it without a traceback and exits with status 2.
    """


class ArgumentError(UserError):
    """An argument that does not suit the data; the message starts with its name, and the caller adds the group."""


def first_line(error: BaseException) -> str:
    """Return the first line of an error's message without its number, or the name of its class if it has no message."""
    line = next(iter(str(error).strip().splitlines()), type(error).__name__)
    return re.sub(r"^\[Errno -?\d+\] ", "", line)


def explain_file_error(error: BaseException) -> str:
    """Return why a file could not be used, for a message that names the file: the system's reason, or `first_line`."""
    return getattr(error, "strerror", None) or first_line(error)
