"""Sentences about the numbers of clusters that the indices recommend."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from pipeline.stages.how_many.validity_indices import INDICES

Recommendations = Mapping[str, int | None]
NUMERALS = ("no", "one", "two", "three", "four", "five")


def how_many_headline(recommendations: Recommendations) -> str:
    """Return the number that most indices recommend, or the range of their recommendations."""
    numbers = [k for k in recommendations.values() if k is not None]
    if not numbers:
        return "No index recommends a number of clusters in this range"
    k, votes = min(Counter(numbers).items(), key=lambda item: (-item[1], item[0]))
    clusters = f"{k} cluster{'s' * (k != 1)}"
    count = len(recommendations)
    if votes == count:
        return f"All {_numeral(count)} indices recommend {clusters}"
    verb = "recommends" if votes == 1 else "recommend"
    if 2 * votes > count:
        return f"{_numeral(votes).capitalize()} of {_numeral(count)} indices {verb} {clusters}"
    if min(numbers) == max(numbers):
        return f"{_numeral(votes).capitalize()} of {_numeral(count)} indices {verb} {clusters}, the others none"
    return f"The indices disagree: they recommend {min(numbers)} to {max(numbers)} clusters"


def describe_recommendations(recommendations: Recommendations, run_k: int, smallest: int, largest: int) -> list[str]:
    """Return sentences about differences between the indices, the limits of the range, and the run's own number.

    `run_k` is the number of clusters of the run, `smallest` and `largest` are those of the range.
    """
    titles: dict[int, list[str]] = {}
    for k, name in sorted((k, name) for name, k in recommendations.items() if k is not None):
        titles.setdefault(k, []).append(INDICES[name].title)
    sentences = []
    if len(titles) > 1:
        sentences.append("; ".join(f"{_recommend(names)} {k}" for k, names in titles.items()) + ".")
        extreme = {*titles[min(titles)], *titles[max(titles)]}
        sentences += [index.weakness for index in INDICES.values() if index.title in extreme]
    if largest in titles:
        sentences.append(
            f"{_recommend(titles[largest])} the largest number in the range, so a larger number may be better; "
            "increase how_many.k_max."
        )
    below = [name for k, names in titles.items() if 1 < k < smallest for name in names]
    if below:
        sentences.append(f"{_recommend(below)} a smaller number than those of the range; decrease how_many.k_min.")
    if 1 in titles:
        sentences.append(f"{_recommend(titles[1])} a single cluster, that is, not to divide the images.")
    silent = [INDICES[name].title for name, k in recommendations.items() if k is None]
    if silent:
        sentences.append(f"{_recommend(silent)} no number in this range.")
    support = f"{_recommend(titles[run_k])} this number" if run_k in titles else "no index recommends this number"
    if run_k not in titles and not smallest <= run_k <= largest:
        support = "this number is outside the range"
    return [*sentences, f"The run has {run_k:,} cluster{'s' * (run_k != 1)}; {support}."]


def _numeral(count: int) -> str:
    return NUMERALS[count] if count < len(NUMERALS) else str(count)


def _recommend(titles: Sequence[str]) -> str:
    return f"{_join(titles)} recommend{'s' * (len(titles) == 1)}"


def _join(titles: Sequence[str]) -> str:
    return titles[0] if len(titles) == 1 else f"{', '.join(titles[:-1])} and {titles[-1]}"
