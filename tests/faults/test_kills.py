"""A run that is interrupted with Ctrl-C and then killed finishes with the metrics of an undisturbed run.

`python -m tests.faults kills` kills at many more moments.
"""

import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing

import pytest

from pipeline.workflow.execution import execute_run
from tests.faults.warm import OVERRIDES
from tests.helpers import compose, environment, summaries

SHORT = (*OVERRIDES, "stage=extract", "tracking.models=false")
VARYING_METRICS = {"wall_seconds", "peak_mib"}

pytestmark = [
    pytest.mark.slow,
    # Keras copies a variable with np.array, which passes `copy` to TensorFlow's __array__, which does not accept it.
    pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning"),
]


def start_run(outputs):
    # A shell may have started the tests with Ctrl-C ignored, which child processes inherit.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return subprocess.Popen(
            [sys.executable, "-m", "pipeline", *SHORT],
            env=environment() | {"PIPELINE_OUTPUTS": str(outputs), "TMPDIR": str(outputs / "temporary")},
            cwd=outputs, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
    finally:
        signal.signal(signal.SIGINT, before)


def read_until(run, text):
    """The output up to the line with a text, or to the end."""
    output = ""
    for line in run.stdout:
        output += line
        if text in line:
            break
    return output


def result_folders(outputs):
    return set(outputs.glob("artifacts/*/*/artifacts/result"))


def statuses(outputs):
    with closing(sqlite3.connect(outputs / "mlflow.db")) as store:
        return [status for (status,) in store.execute("SELECT status FROM runs ORDER BY start_time, rowid")]


@pytest.fixture(scope="module")
def killed(tmp_path_factory, empty_store):
    """The outputs and the logs of a run interrupted in epoch 2, killed while its result is stored, completed."""
    outputs = tmp_path_factory.mktemp("killed")
    (outputs / "temporary").mkdir()
    shutil.copy(empty_store, outputs / "mlflow.db")
    logs = {}
    run = start_run(outputs)
    read_until(run, "train 2:")
    interrupted = time.perf_counter()
    run.send_signal(signal.SIGINT)
    _, logs["interrupted"] = run.communicate()
    logs["status"], logs["seconds"] = run.returncode, time.perf_counter() - interrupted
    logs["statuses"] = statuses(outputs)
    run = start_run(outputs)
    logs["resumed"] = read_until(run, "train 6:")
    before = result_folders(outputs)
    while run.poll() is None and not result_folders(outputs) - before:
        time.sleep(0.001)
    run.kill()
    run.communicate()
    run = start_run(outputs)
    logs["last"], logs["errors"] = run.communicate()
    assert run.returncode == 0, logs["errors"]
    return outputs, logs


def test_metrics_equal_those_of_an_undisturbed_run(killed, tmp_path, empty_store):
    outputs, logs = killed
    summary = summaries(outputs)[-1]
    undisturbed = execute_run(compose(*SHORT, outputs=tmp_path), tmp_path / "run", [])
    metrics, expected = (
        {name: value for name, value in run["metrics"].items() if name not in VARYING_METRICS}
        for run in (summary, undisturbed)
    )
    assert metrics == expected
    assert summary["stages"]["data"]["reused"]
    assert logs["errors"] == ""


def test_training_resumes_after_its_last_epoch(killed):
    _, logs = killed
    assert "resumed after epoch" in logs["resumed"]
    assert "train 1:" in logs["resumed"], "the earlier epochs belong to its curve too"
    assert "resumed after epoch 5" in logs["last"]


def test_ctrl_c_ends_a_run_within_seconds_and_prints_how_to_resume(killed):
    _, logs = killed
    assert logs["status"] == 130
    assert logs["seconds"] < 5
    (line,) = logs["interrupted"].splitlines()
    assert line.startswith("interrupted; finished stages and epochs are kept")
    assert " -m pipeline stage=all data=digits" in line
    assert set(logs["statuses"]) == {"FINISHED", "KILLED"}
    assert logs["statuses"].count("FINISHED") == 1, "the data stage"


def test_no_run_stays_running_and_no_temporary_file_remains(killed):
    outputs, logs = killed
    assert "note: marked runs of processes that died as killed:" in logs["last"]
    assert "RUNNING" not in statuses(outputs)
    assert not list((outputs / ".scratch").iterdir())
    assert not list((outputs / "temporary").iterdir())


def test_an_interrupted_run_ends_though_nobody_reads_its_output(tmp_path, empty_store):
    (tmp_path / "temporary").mkdir()
    shutil.copy(empty_store, tmp_path / "mlflow.db")
    run = start_run(tmp_path)
    read_until(run, "train 1:")
    run.stderr.close()
    run.send_signal(signal.SIGINT)
    run.stdout.close()
    try:
        assert run.wait(timeout=30) == 130
    finally:
        run.kill()
        run.wait()
    assert "RUNNING" not in statuses(tmp_path)
