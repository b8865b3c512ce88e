"""What the machine refuses: one line that says so within seconds, nothing harmed, and the same command goes on."""

import errno
import resource
import shutil
import socket
import sqlite3
import subprocess
import time
from pathlib import Path

import pytest

from pipeline.config import Tracking
from pipeline.job import explain
from pipeline.recipe import RECIPE, STEPS
from pipeline.run import execute
from pipeline.tracking import Store
from tests.faults.asking import said
from tests.faults.test_damage import WORDS
from tests.helpers import compose, pipeline

SHORT = "stage=[evaluate]"  # without the figures of the report, which take longest


def go(outputs, *words):
    return execute(compose(*WORDS, SHORT, *words, outputs=outputs), outputs / "run", [])


def told_of(outputs, *words):
    """What a run that fails says of it."""
    try:
        go(outputs, *words)
    except Exception as error:
        return explain(error, outputs)
    return "nothing"


def reused(summary):
    return {name for name, stage in summary["stages"].items() if stage["reused"]}


# A disk that is full


@pytest.fixture
def disk(tmp_path, empty_store):
    """A disk of four megabytes with an empty store on it."""
    place = tmp_path / "disk"
    place.mkdir()
    if (
        shutil.which("mount") is None
        or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", place]).returncode
    ):
        pytest.skip("this user cannot mount a disk in memory")
    shutil.copy(empty_store, place / "mlflow.db")
    yield place
    subprocess.run(["umount", "-l", place], check=True)  # the database is still open


@pytest.mark.parametrize("left", [0, 200])
def test_a_full_disk_is_told_and_what_was_finished_is_reused_once_there_is_room(disk, left, capsys):
    filler = disk / "filler"
    filler.write_bytes(b"0" * (shutil.disk_usage(disk).free - left * 1024))
    told = told_of(disk)
    assert "the disk is full (0 MiB free); free some space, or give output_dir=FOLDER" in told
    assert "\n" not in told
    done = capsys.readouterr().out.count("✓")
    filler.unlink()
    summary = go(disk)
    assert len(reused(summary)) == done, "a stage that was told to be done is"
    assert reused(go(disk)) == set(summary["stages"])


def test_a_summary_that_does_not_fit_costs_no_stage(outputs):
    if not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full here")
    (outputs / "run").mkdir()
    (outputs / "run" / "summary.json").symlink_to("/dev/full")
    assert "the disk is full" in told_of(outputs)
    (outputs / "run" / "summary.json").unlink()
    summary = go(outputs)
    assert reused(summary) == set(summary["stages"])


def test_a_limit_on_files_is_told(outputs):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2**21, hard))
    try:
        told = told_of(outputs, "data=mnist", "data.train_size=3000", "data.test_size=10")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert told.endswith("one that can be written")
    assert "requested and" in told


# A folder that cannot be written


def test_outputs_that_are_a_file_are_told_by_the_command(tmp_path):
    (tmp_path / "outputs").write_text("not a folder")
    answer = pipeline(*WORDS, f"output_dir={tmp_path / 'outputs'}", outputs=tmp_path)
    assert answer.returncode == 2
    assert answer.stderr.startswith(f"error: {tmp_path / 'outputs'}")
    assert "cannot be written (Not a directory); give output_dir=FOLDER, or set PIPELINE_OUTPUTS" in answer.stderr
    assert answer.stderr.count("\n") == 1


def test_a_sweep_without_a_store_starts_no_job(tmp_path):
    (tmp_path / "outputs").write_text("not a folder")
    answer = pipeline("--multirun", "seed=1,2", *WORDS, f"output_dir={tmp_path / 'outputs'}", outputs=tmp_path)
    assert answer.returncode == 2
    assert "cannot be written" in answer.stderr
    assert answer.stderr.count("\n") == 1
    assert "job" not in answer.stdout


def test_a_database_that_cannot_be_written_is_told(outputs):
    before = (outputs / "mlflow.db").read_bytes()
    made = sqlite3.connect(f"file:{outputs / 'mlflow.db'}?mode=ro", uri=True)
    with pytest.raises(sqlite3.OperationalError) as caught:
        made.execute("CREATE TABLE a (b)")
    made.close()
    assert explain(caught.value, outputs).startswith(f"{outputs}: cannot be written (attempt to write a readonly")
    assert (outputs / "mlflow.db").read_bytes() == before


# Too little memory


@pytest.mark.parametrize(
    ("stage", "advice"),
    [
        ("neighbors", "lower data.train_size"),
        ("evaluate", "lower evaluate.silhouette_sample or"),
        ("data", "lower data.image_size or"),
    ],
)
def test_too_little_memory_names_the_stage_and_what_to_lower(outputs, monkeypatch, stage, advice):
    import numpy as np

    from pipeline.recipe import Step

    real = Step.function

    def short(step):
        return (lambda **given: np.empty(2**46)) if step.name == stage else real(step)

    with monkeypatch.context() as patch:
        patch.setattr(Step, "function", short)
        told = told_of(outputs)
    assert told.startswith(f"out of memory in stage {stage}; {advice}")
    summary = go(outputs)
    before = {step.name for step in RECIPE[: RECIPE.index(STEPS[stage])]}
    assert reused(summary) == before & set(summary["stages"])


@pytest.mark.parametrize(
    "error",
    [
        type("ResourceExhaustedError", (Exception,), {})("OOM when allocating tensor with shape [9,9]"),
        ImportError("libtensorflow_cc.so.2: failed to map segment from shared object"),
        RuntimeError("can't start new thread"),
        OSError(errno.ENOMEM, "Cannot allocate memory"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_whoever_is_refused_memory_says_the_same(error):
    assert explain(error).startswith("out of memory; lower data.train_size")


def test_a_worker_that_was_killed_is_told():
    error = type("TerminatedWorkerError", (Exception,), {})("unexpectedly terminated")
    assert explain(error).startswith("hydra.launcher.n_jobs: a job was killed")


# A server that does not answer


@pytest.fixture
def silent():
    """The address of something that takes calls and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as one:
        yield f"http://127.0.0.1:{one.getsockname()[1]}"


def test_a_server_that_is_not_there_is_told_within_seconds(tmp_path, silent, monkeypatch):
    from pipeline.tracking import client

    monkeypatch.setattr(client, "PATIENCE", 0.5)
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        closed = f"http://127.0.0.1:{unused.getsockname()[1]}"
        started = time.monotonic()
        for uri, reason in {closed: "Connection refused", silent: "timed out"}.items():
            told = said(Store, Tracking(uri=uri), tmp_path)
            assert told.startswith(f"tracking.uri: {uri} does not answer ({reason}); start the server, or give another")
        assert time.monotonic() - started < 10


def test_the_command_says_so_too(tmp_path):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        uri = f"http://127.0.0.1:{unused.getsockname()[1]}"
        answer = pipeline("--multirun", "seed=1,2", *WORDS, f"tracking.uri={uri}", outputs=tmp_path)
    assert answer.returncode == 2
    assert answer.stderr.startswith(f"error: tracking.uri: {uri} does not answer")
    assert answer.stderr.count("\n") == 1
