"""The page with the five answers, and in words where they differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.counting.indices import INDICES
from pipeline.reporting.html import data_uri, render

FOLDER = Path(__file__).parent
TEMPLATE = "how_many.html.j2"
Picks = Mapping[str, int | None]
WORDS = ("no", "one", "two", "three", "four", "five")


def page(name: str, table: pd.DataFrame, picks: Picks, own: int, n: int, figure: bytes, notes: Sequence[str]) -> str:
    """Return the page as HTML that loads nothing. `table` has a row per k, `own` is the run's number of clusters."""
    return render(
        FOLDER,
        TEMPLATE,
        name=name,
        n=n,
        own=own,
        smallest=int(table["k"].iloc[1]),
        largest=int(table["k"].iloc[-1]),
        headline=headline(picks),
        words=disagreement(picks, own, int(table["k"].iloc[-1])),
        notes=notes,
        cards=[(INDICES[name], k) for name, k in picks.items()],
        columns=[(name, index.title, index.column, index.error) for name, index in INDICES.items()],
        rows=[
            {key: value if np.isfinite(value) else None for key, value in row.items()}
            for row in table.to_dict("records")
        ],
        picks=picks,
        figure=data_uri(figure),
    )


def headline(picks: Picks) -> str:
    """Return what most indices say, or between what they lie."""
    known = [k for k in picks.values() if k is not None]
    if not known:
        return "No index names a number of clusters in this range"
    k, votes = min(Counter(known).items(), key=lambda item: (-item[1], item[0]))
    if votes == len(picks):
        return f"All {_word(votes)} indices say {k}"
    if 2 * votes > len(picks):
        return f"{_word(votes).capitalize()} of {_word(len(picks))} indices say {k}"
    if min(known) == max(known):
        return f"{_word(votes).capitalize()} of {_word(len(picks))} indices say {k}, the others nothing"
    return f"The indices disagree: from {min(known)} to {max(known)} clusters"


def disagreement(picks: Picks, own: int, largest: int) -> list[str]:
    """Return sentences on where the indices differ, which of them reach the end of the range, and the run's own k."""
    said: dict[int, list[str]] = {}
    for k, name in sorted((k, name) for name, k in picks.items() if k is not None):
        said.setdefault(k, []).append(INDICES[name].title)
    words = []
    if len(said) > 1:
        words.append("; ".join(f"{_does(titles, 'say')} {k}" for k, titles in said.items()) + ".")
        extremes = {*said[min(said)], *said[max(said)]}
        words += [f"{index.title}: {_lower(index.weakness)}" for index in INDICES.values() if index.title in extremes]
    if largest in said:
        words.append(
            f"{_does(said[largest], 'stop')} at the end of the range, which is no answer: more clusters may be better "
            "still. Raise how_many.largest, or do not rely on it here."
        )
    if 1 in said:
        words.append(f"{_listed(said[1])} would not divide the images at all.")
    silent = [INDICES[name].title for name, k in picks.items() if k is None]
    if silent:
        words.append(f"{_does(silent, 'name')} no number in this range.")
    support = f"{_does(said[own], 'agree')} with it" if own in said else "no index agrees with it"
    return [*words, f"This run has {own:,} clusters: {support}."]


def _word(count: int) -> str:
    return WORDS[count] if count < len(WORDS) else str(count)


def _does(titles: Sequence[str], verb: str) -> str:
    return f"{_listed(titles)} {verb}{'s' * (len(titles) == 1)}"


def _lower(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]


def _listed(titles: Sequence[str]) -> str:
    return titles[0] if len(titles) == 1 else f"{', '.join(titles[:-1])} and {titles[-1]}"
