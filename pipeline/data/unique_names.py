"""Names that differ from each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable


def unique_names(names: Iterable[str], ignore_case: bool = False, form: str = "{name} ({number})") -> list[str]:
    """Return the names with a number, from 2 on, at those that are equal to an earlier one.

    With `ignore_case`, names that differ in nothing but case are equal.
    """
    used, last = set[str](), Counter[str]()
    unique = []
    for name in names:
        key = candidate = name
        while (folded := candidate.casefold() if ignore_case else candidate) in used:
            last[key] += 1
            candidate = form.format(name=name, number=last[key] + 1)
        used.add(folded)
        unique.append(candidate)
    return unique
