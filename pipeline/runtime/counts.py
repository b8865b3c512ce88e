"""Counts in messages, with words that agree with them."""

from __future__ import annotations


def count_words(count: int, singular: str, plural: str) -> str:
    """Return a count and the words that follow it, such as `1 image has` and `2,000 images have`."""
    return f"{count:,} {singular if count == 1 else plural}"
