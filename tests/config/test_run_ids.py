"""Ids of runs that look like numbers."""

import pytest

from pipeline.config.compose import compose_config
from pipeline.config.run_ids import quote_run_ids
from tests.helpers import pipeline


@pytest.mark.parametrize("run_id", ["12e45678", "00123", "1e5", "123", "0x1f", "1_000", "abc123", "last", "e12"])
def test_the_id_of_a_run_stays_as_it_was_typed(run_id):
    config = compose_config(f"run={run_id}", f"runs=[{run_id},7e99999]")
    assert config.run == run_id
    assert config.runs == [run_id, "7e99999"]


def test_quotes_around_an_id_are_those_of_hydra():
    assert compose_config("run='12e45678'").run == "12e45678"


def test_only_ids_that_start_with_a_digit_get_quotes():
    assert quote_run_ids(["run=12e4,ab", "runs=last two", "seed=12e4", "run", "runs=['1',\"2\"]"]) == [
        "run='12e4',ab", "runs=last two", "seed=12e4", "run", "runs=['1',\"2\"]"
    ]  # fmt: skip


def test_the_command_line_keeps_the_id_that_was_typed(tmp_path):
    answer = pipeline("run=12e45678", "--cfg", "job", outputs=tmp_path)
    assert (answer.returncode, answer.stderr) == (0, "")
    assert "run: 12e45678" in answer.stdout.replace("'", "")
