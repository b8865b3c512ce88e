"""A handful of kills and a Ctrl-C of the real process; `python -m tests.faults kills` has them by the score."""

import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing

import pytest

from pipeline.run import execute
from tests.faults.warm import WORDS
from tests.helpers import compose, environment, summaries

SHORT = (*WORDS, "stage=extract", "tracking.models=false")
PASSING = {"wall_seconds", "peak_mib"}

pytestmark = [
    # Keras copies a variable with np.array, which hands `copy` to TensorFlow's __array__, which does not know it.
    pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning"),
]


def start(outputs):
    # A shell may have started the tests deaf to Ctrl-C, and would hand that on.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return subprocess.Popen(
            [sys.executable, "-m", "pipeline", *SHORT],
            env=environment() | {"PIPELINE_OUTPUTS": str(outputs), "TMPDIR": str(outputs / "temporary")},
            cwd=outputs, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
    finally:
        signal.signal(signal.SIGINT, before)


def read_until(run, sign):
    """What it says up to the line that has a sign, or to its end."""
    said = ""
    for line in run.stdout:
        said += line
        if sign in line:
            break
    return said


def statuses(outputs):
    with closing(sqlite3.connect(outputs / "mlflow.db")) as store:
        return [status for (status,) in store.execute("SELECT status FROM runs ORDER BY start_time, rowid")]


@pytest.fixture(scope="module")
def story(tmp_path_factory, empty_store):
    """One run that is killed in its second epoch, interrupted in its fourth, killed as it stores, and then let be."""
    import shutil

    outputs = tmp_path_factory.mktemp("killed")
    (outputs / "temporary").mkdir()
    shutil.copy(empty_store, outputs / "mlflow.db")
    told = {}
    run = start(outputs)
    read_until(run, "train 2:")
    run.kill()
    run.communicate()
    run = start(outputs)
    told["resumed"] = read_until(run, "train 4:")
    begun = time.perf_counter()
    run.send_signal(signal.SIGINT)
    _, told["interrupted"] = run.communicate()
    told["status"], told["seconds"] = run.returncode, time.perf_counter() - begun
    told["statuses"] = statuses(outputs)
    run = start(outputs)
    read_until(run, "train 6:")
    there = set(outputs.glob("artifacts/*/*/artifacts/result"))
    while run.poll() is None and not set(outputs.glob("artifacts/*/*/artifacts/result")) - there:
        time.sleep(0.001)
    run.kill()
    run.communicate()
    run = start(outputs)
    told["last"], told["errors"] = run.communicate()
    assert run.returncode == 0, told["errors"]
    return outputs, told


def test_the_same_command_comes_to_the_same_numbers(story, tmp_path, empty_store):
    outputs, told = story
    summary = summaries(outputs)[-1]
    undisturbed = execute(compose(*SHORT, outputs=tmp_path), tmp_path / "run", [])
    assert {k: v for k, v in summary["metrics"].items() if k not in PASSING} == {
        k: v for k, v in undisturbed["metrics"].items() if k not in PASSING
    }
    assert summary["stages"]["data"]["reused"]
    assert told["errors"] == ""


def test_a_training_goes_on_from_its_last_epoch(story):
    _, told = story
    assert "goes on after epoch" in told["resumed"]
    assert "train 1:" in told["resumed"], "the epochs before are in its curve too"
    assert "goes on after epoch 5" in told["last"]


def test_ctrl_c_ends_it_within_seconds_as_killed_with_one_line_that_says_how_to_go_on(story):
    _, told = story
    assert told["status"] == 130
    assert told["seconds"] < 5
    (line,) = told["interrupted"].splitlines()
    assert line.startswith("interrupted; finished stages and epochs are kept")
    assert " -m pipeline stage=all data=digits" in line
    assert set(told["statuses"]) == {"FINISHED", "KILLED"}
    assert told["statuses"].count("FINISHED") == 1, "the data stage"


def test_nothing_stays_running_and_no_temporary_file_stays(story):
    outputs, told = story
    assert "note: runs of a process that died are marked as killed:" in told["resumed"]
    assert "RUNNING" not in statuses(outputs)
    assert not list((outputs / ".scratch").iterdir())
    assert not list((outputs / "temporary").iterdir())


@pytest.mark.parametrize("moments", [["kills", "soaks"]])
def test_an_unknown_part_is_named(moments, capsys):
    from tests.faults.__main__ import main

    assert main(moments) == 2
    assert "soaks: no part of the fault tests; choose from kills" in capsys.readouterr().out
