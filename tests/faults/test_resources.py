"""Lack of disk space, a writable folder, memory or a server: one line within seconds, and the same command resumes."""

import errno
import resource
import shutil
import socket
import sqlite3
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from pipeline.cli.errors import explain_error
from pipeline.config import Tracking
from pipeline.runtime.atomic_files import atomic_write
from pipeline.tracking import Store
from pipeline.workflow import execution_record
from pipeline.workflow.execution import execute_run
from pipeline.workflow.executor import Executor
from pipeline.workflow.recipe import STEPS
from tests.faults.in_process import EventLog, error_message
from tests.faults.test_damage import OVERRIDES
from tests.helpers import compose, pipeline

SHORT = "stage=evaluate"  # without the pages


def run(outputs, *overrides, observer=None):
    return execute_run(compose(*OVERRIDES, SHORT, *overrides, outputs=outputs), outputs / "run", [], observer=observer)


def message_of_run(outputs, *overrides, observer=None):
    """The message of a run that fails."""
    try:
        run(outputs, *overrides, observer=observer)
    except Exception as error:
        return explain_error(error, outputs)
    return "the run finished"


def reused_stages(summary):
    return {name for name, stage in summary["stages"].items() if stage["reused"]}


# Full disk


@pytest.fixture
def disk(tmp_path, empty_store):
    """A disk of four megabytes with an empty store."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", folder]
    if shutil.which("mount") is None or subprocess.run(command).returncode:
        pytest.skip("mounting a disk in memory is not allowed")
    shutil.copy(empty_store, folder / "mlflow.db")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)  # the database is still open


@pytest.mark.slow
@pytest.mark.parametrize("free_kib", [0, 200])
def test_full_disk_is_reported_and_finished_stages_are_reused_later(disk, free_kib):
    filler = disk / "filler"
    filler.write_bytes(b"0" * (shutil.disk_usage(disk).free - free_kib * 1024))
    log = EventLog()
    message = message_of_run(disk, observer=log)
    assert "the disk is full (0 MiB free); free some space, or give output_dir=FOLDER" in message
    assert "\n" not in message
    filler.unlink()
    summary = run(disk)
    assert reused_stages(summary) == set(log.finished_stages)
    assert reused_stages(run(disk)) == set(summary["stages"])


@pytest.mark.slow
def test_summary_that_does_not_fit_on_the_disk_loses_no_stage(outputs, monkeypatch):
    if not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full")

    @contextmanager
    def write_to_full_disk(file):
        with atomic_write(file) as temporary:
            temporary.symlink_to("/dev/full")
            yield temporary

    with monkeypatch.context() as patch:
        patch.setattr(execution_record, "atomic_write", write_to_full_disk)
        assert "the disk is full" in message_of_run(outputs)
    assert not (outputs / "run" / "summary.json").exists()
    summary = run(outputs)
    assert reused_stages(summary) == set(summary["stages"])


@pytest.mark.slow
def test_limit_on_the_size_of_files_is_reported(outputs):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2**21, hard))
    try:
        message = message_of_run(outputs, "data=mnist", "data.train_size=3000", "data.test_size=10")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "requested and" in message
    assert message.endswith("give output_dir=FOLDER, or set PIPELINE_OUTPUTS, to a folder that can be written")


# Folder that cannot be written


@pytest.mark.slow
@pytest.mark.parametrize("mode", [[], ["--multirun", "seed=1,2"]], ids=["run", "sweep"])
def test_command_reports_an_outputs_folder_that_is_a_file(tmp_path, mode):
    (tmp_path / "outputs").write_text("not a folder")
    result = pipeline(*mode, *OVERRIDES, f"output_dir={tmp_path / 'outputs'}", outputs=tmp_path)
    assert result.returncode == 2
    assert result.stderr.startswith(f"error: {tmp_path / 'outputs'}")
    assert "cannot be written (Not a directory); give output_dir=FOLDER, or set PIPELINE_OUTPUTS" in result.stderr
    assert result.stderr.count("\n") == 1
    assert "job" not in result.stdout, "a sweep starts no job"


def test_read_only_database_is_reported(outputs):
    database = outputs / "mlflow.db"
    content = database.read_bytes()
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    with pytest.raises(sqlite3.OperationalError) as caught:
        connection.execute("CREATE TABLE a (b)")
    connection.close()
    message = explain_error(caught.value, outputs)
    assert message.startswith(f"{outputs}: cannot be written (attempt to write a readonly database); give output_dir=")
    assert database.read_bytes() == content


# Lack of memory


@pytest.mark.parametrize(
    ("stage", "remedy"),
    [
        pytest.param("data", "lower data.image_size or data.train_size", marks=pytest.mark.slow),
        ("neighbors", "lower data.train_size"),
        pytest.param(
            "evaluate",
            "lower evaluate.silhouette_sample or evaluate.trustworthiness_sample",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_lack_of_memory_names_the_stage_and_the_keys_to_lower(outputs, monkeypatch, stage, remedy):
    compute = Executor.compute

    def compute_without_memory(executor, step, observer):
        return np.empty(2**46) if step.name == stage else compute(executor, step, observer)

    log = EventLog()
    with monkeypatch.context() as patch:
        patch.setattr(Executor, "compute", compute_without_memory)
        message = message_of_run(outputs, observer=log)
    assert message.startswith(f"out of memory in stage {stage}; {remedy}, or provide more memory")
    names = list(STEPS)
    assert reused_stages(run(outputs)) == set(log.finished_stages) <= set(names[: names.index(stage)])


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
def test_every_kind_of_memory_error_has_the_same_message(error):
    assert explain_error(error).startswith("out of memory; lower data.train_size")


def test_worker_process_killed_for_memory_is_reported():
    error = type("TerminatedWorkerError", (Exception,), {})("unexpectedly terminated")
    expected = "hydra.launcher.n_jobs: a job was killed, most likely for lack of memory; lower it"
    assert explain_error(error).startswith(expected)


# Server that does not answer


@pytest.fixture
def closed_address():
    """The address of a port that refuses connections."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{unused.getsockname()[1]}"


@pytest.fixture
def silent_address():
    """The address of a port that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def test_unreachable_server_is_reported_within_seconds(tmp_path, closed_address, silent_address, monkeypatch):
    monkeypatch.setattr("pipeline.tracking.server_check.SERVER_TIMEOUT", 0.5)
    started = time.monotonic()
    for uri, reason in {closed_address: "Connection refused", silent_address: "timed out"}.items():
        message = error_message(Store, Tracking(uri=uri), tmp_path)
        assert message.startswith(f"tracking.uri: {uri} does not answer ({reason}); start the server, or give another")
    assert time.monotonic() - started < 10


def test_home_folder_of_an_unknown_user_is_reported():
    message = error_message(lambda: Path("~nobody_of_this_name/x").expanduser())
    assert message == "~: the home folder of this user is unknown; give a path without ~, or set HOME"


@pytest.mark.slow
def test_sweep_without_its_server_starts_no_job(tmp_path, closed_address):
    result = pipeline("--multirun", "seed=1,2", *OVERRIDES, f"tracking.uri={closed_address}", outputs=tmp_path)
    assert result.returncode == 2
    assert result.stderr.startswith(f"error: tracking.uri: {closed_address} does not answer")
    assert result.stderr.count("\n") == 1
    assert "job" not in result.stdout
