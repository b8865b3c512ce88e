"""Text of others, such as names of files and labels, shown as it is and without effect."""

from __future__ import annotations

import re

_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Control characters but tab and line feed, and those that change the direction of the text around them."""
_LINE_CONTROLS = re.compile("[\t\n\u2028\u2029]")
"""Characters that move text to another column or line."""


def make_visible(text: str) -> str:
    r"""Return the text with control characters as escapes, such as ``\x1b`` and ``\u202e``.

    A terminal obeys the former, so that a name could erase what is printed or change the title of its window. The
    latter show text in another order than it is read: a file ending in ``exe`` may seem to end in ``png``.
    """
    return _CONTROLS.sub(_escape, text)


def make_visible_line(text: str) -> str:
    r"""Return the text as `make_visible` does, in one line: line breaks and tabs are escapes, too, such as ``\n``."""
    return _LINE_CONTROLS.sub(_escape, make_visible(text))


def _escape(match: re.Match[str]) -> str:
    return match[0].encode("unicode_escape").decode("ascii")
