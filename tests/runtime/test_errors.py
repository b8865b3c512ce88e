"""Reasons of errors in messages."""

import pytest

from pipeline.runtime.errors import explain_file_error, first_line


@pytest.mark.parametrize(
    ("error", "line", "reason"),
    [
        (FileNotFoundError(2, "No such file", "a.csv"), "No such file: 'a.csv'", "No such file"),
        (OSError("image file is truncated\nmore"), "image file is truncated", "image file is truncated"),
        (ValueError(), "ValueError", "ValueError"),
    ],
)
def test_reasons_have_one_line_and_no_number(error, line, reason):
    assert (first_line(error), explain_file_error(error)) == (line, reason)
