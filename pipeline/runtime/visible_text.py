"""Text of others, such as names of files and labels, shown as it is and without effect."""

from __future__ import annotations

import re

_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Control characters but tab and line feed, and those that change the direction of the text around them."""


def make_visible(text: str) -> str:
    r"""Return the text with control characters as escapes, such as ``\x1b`` and ``\u202e``.

    A terminal obeys the former, so that a name could erase what is printed or change the title of its window. The
    latter show text in another order than it is read: a file ending in ``exe`` may seem to end in ``png``.
    """
    return _CONTROLS.sub(lambda match: match[0].encode("unicode_escape").decode("ascii"), text)
