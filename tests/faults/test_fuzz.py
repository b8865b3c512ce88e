"""A few of the random arrays, tables and folders that `python -m tests.faults fuzz` reads by the thousand."""

import pytest

from tests.faults.fuzz import KINDS, random_picture, run_cases


@pytest.mark.parametrize("kind", KINDS)
def test_random_inputs_are_read_as_written_or_refused_in_one_line(kind):
    assert 20 <= run_cases(kind, 0, 60) <= 60


def test_a_wrong_reader_is_noticed(monkeypatch):
    def negative(rng, size):
        pixels, content = random_picture(rng, size)
        return 255 - pixels, content

    monkeypatch.setattr("tests.faults.fuzz.random_picture", negative)
    with pytest.raises(AssertionError) as caught:
        run_cases("folders", 0, 5)
    assert caught.value.__notes__[0].startswith("folders, seed ")
