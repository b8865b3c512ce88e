"""Names that differ from each other."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pipeline.data.unique_names import unique_names


@given(st.lists(st.sampled_from(["a", "A", "a (2)", "a (3)", "b", ""])), st.booleans())
def test_names_differ_and_the_first_of_each_stays(names, ignore_case):
    unique = unique_names(names, ignore_case)
    folded = [name.casefold() if ignore_case else name for name in unique]
    assert len(set(folded)) == len(names)
    seen = set()
    for name, new in zip(names, unique, strict=True):
        assert new.startswith(name)
        assert (new == name) or (name.casefold() if ignore_case else name) in seen
        seen.add(new.casefold() if ignore_case else new)


def test_many_equal_names_are_numbered_quickly():
    assert unique_names(["x"] * 50_000)[-1] == "x (50000)"
