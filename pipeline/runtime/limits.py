"""Lower settings that exceed what the number of images permits."""

from __future__ import annotations

from typing import TypeVar

from pipeline.runtime.observer import Observer

Number = TypeVar("Number", int, float)


def lower_to_limit(
    name: str, value: Number, limit: Number, n: int, observer: Observer, reason: str = "there are {n:,} images"
) -> Number:
    """Return the value of a setting, or with a note the limit that n images put on it if that is lower."""
    if value <= limit:
        return value
    observer.note(f"{name} = {value:g} is lowered to {limit:g}: {reason.format(n=n)}")
    return limit
