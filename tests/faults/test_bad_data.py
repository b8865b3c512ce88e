"""Damaged, hostile or useless data is refused with one line; odd but valid data is read."""

from pathlib import Path

import numpy as np
import pytest

from tests.faults.bad_data import ACCEPTED, REFUSED
from tests.faults.in_process import error_message, matches, read_data


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # NumPy does not close a file that it cannot read
@pytest.mark.parametrize(("choice", "write", "keys", "expected"), [c[1:] for c in REFUSED], ids=[c[0] for c in REFUSED])
def test_bad_data_is_refused_in_one_line(tmp_path, monkeypatch, choice, write, keys, expected):
    monkeypatch.chdir(tmp_path)
    message = error_message(read_data, choice, write(tmp_path), **keys)
    assert matches(message, expected), message
    assert "\n" not in message
    assert not Path("unpickled").exists()


@pytest.mark.parametrize(("choice", "write", "keys"), [c[1:] for c in ACCEPTED], ids=[c[0] for c in ACCEPTED])
def test_odd_but_valid_data_is_read(tmp_path, choice, write, keys):
    images, labels = read_data(choice, write(tmp_path), **keys)
    assert len(images.fitted) >= 2
    assert images.fitted.dtype in (np.uint8, np.float32)
    assert len(labels.names) > max(labels.train.max(), labels.test.max(initial=-1))
