"""Data that is damaged, hostile or of no use is refused in one line; odd data that makes sense is read."""

from pathlib import Path

import numpy as np
import pytest

from tests.faults.asking import agrees, read, said
from tests.faults.bad_data import BAD, GOOD


def name_of(value):
    return value if isinstance(value, str) and len(value) < 60 else ""


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # numpy leaves a file open that it could not read
@pytest.mark.parametrize(("name", "choice", "write", "values", "message"), BAD, ids=[case[0] for case in BAD])
def test_bad_data_is_refused_in_one_line(tmp_path, monkeypatch, name, choice, write, values, message):
    monkeypatch.chdir(tmp_path)
    told = said(read, choice, write(tmp_path), **values)
    assert agrees(told, message), told
    assert "\n" not in told
    assert not Path("unpickled").exists()


@pytest.mark.parametrize(("name", "choice", "write", "values"), GOOD, ids=[case[0] for case in GOOD])
def test_odd_data_that_makes_sense_is_read(tmp_path, name, choice, write, values):
    images, labels = read(choice, write(tmp_path), **values)
    assert len(images.fitted) >= 2
    assert images.fitted.dtype in (np.uint8, np.float32)
    assert len(labels.names) > max(labels.train.max(), labels.test.max(initial=-1))


def test_every_table_of_mistakes_together_has_what_it_promises():
    from tests.faults.bad_config import FINISHED, MISTYPED, REFUSED, WRONG

    assert len(MISTYPED + WRONG + REFUSED + FINISHED + BAD + GOOD) >= 150
