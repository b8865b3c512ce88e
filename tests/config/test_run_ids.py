"""Ids of runs that look like numbers."""

import pytest

from pipeline.config.run_ids import quote_run_ids
from tests.helpers import compose, pipeline


@pytest.mark.parametrize("run_id", ["12e45678", "00123", "1e5", "123", "0x1f", "1_000", "abc123", "last", "e12"])
def test_the_id_of_a_run_stays_as_it_was_typed(tmp_path, run_id):
    assert compose(f"run={run_id}", outputs=tmp_path).run == run_id
    assert compose(f"runs=[{run_id},7e99999]", outputs=tmp_path).runs == [run_id, "7e99999"]
    assert compose(f"run='{run_id}'", outputs=tmp_path).run == run_id


def test_only_ids_that_start_with_a_digit_get_quotes():
    assert quote_run_ids(["run=12e4,ab", "runs=last two", "seed=12e4", "run", "runs=['1',\"2\"]"]) == [
        "run='12e4',ab", "runs=last two", "seed=12e4", "run", "runs=['1',\"2\"]"
    ]  # fmt: skip


def test_the_command_line_keeps_the_id_that_was_typed(tmp_path):
    answer = pipeline("run=12e45678", "--cfg", "job", outputs=tmp_path)
    assert (answer.returncode, answer.stderr) == (0, "")
    assert "run: 12e45678" in answer.stdout.replace("'", "")
