"""Counts in messages."""

import pytest

from pipeline.runtime.counts import count_words


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 images have"), (1, "1 image has"), (2, "2 images have"), (2000, "2,000 images have")]
)
def test_words_agree_with_the_count(count, text):
    assert count_words(count, "image has", "images have") == text
