"""A client of a server: waits are reported once, downloads are whole or none, and the address holds no password."""

import json
import logging
import sys
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import pytest

from pipeline.config import Tracking
from pipeline.runtime.errors import UserError
from pipeline.runtime.server_errors import ServerLostError
from pipeline.tracking import Store, server_check
from pipeline.tracking.client import create_experiment
from pipeline.tracking.collisions import write_shared_row
from pipeline.tracking.download import ATTEMPTS, download_artifact
from pipeline.tracking.server_waits import LOGGER, LONGEST_PAUSE, RetryFilter, report_waits

CONTENT = b"0123456789" * 100


class Files(ThreadingHTTPServer):
    """Serves the artifact `file`; the first `broken` answers break off in the middle."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Answer)
        self.broken, self.requests = 0, Counter()
        self.uri = f"http://127.0.0.1:{self.server_port}"


class Answer(BaseHTTPRequestHandler):
    def do_GET(self):
        name = self.path.rpartition("/")[2]
        self.server.requests[name] += 1
        if "?" in name:
            self.send(json.dumps({"files": []}).encode())
        elif name == "file":
            is_broken = self.server.requests[name] <= self.server.broken
            self.send(CONTENT, len(CONTENT) // 2 if is_broken else len(CONTENT))
        else:
            self.send(b"missing", status=404)

    def send(self, content, length=None, status=200):
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[:length])

    def log_message(self, *args):
        pass


@pytest.fixture
def files():
    with Files() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def download(files, name, target):
    return download_artifact(f"{files.uri}/api/2.0/mlflow-artifacts/artifacts/1", name, target, files.uri)


@pytest.mark.parametrize("broken", [0, ATTEMPTS - 1])
def test_a_download_that_breaks_off_is_repeated(files, tmp_path, broken):
    files.broken = broken
    assert download(files, "file", tmp_path / "run" / "file").read_bytes() == CONTENT
    assert files.requests["file"] == broken + 1
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["file"]


def test_a_server_that_is_lost_is_no_missing_file(files, tmp_path):
    files.broken = ATTEMPTS
    with pytest.raises(ServerLostError, match=files.uri):
        download(files, "file", tmp_path / "file")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(FileNotFoundError):
        download(files, "other", tmp_path / "file")
    assert files.requests["other"] == 1


def test_an_outage_is_reported_once(monkeypatch):
    clock, reports = [1000.0], []
    monkeypatch.setattr("pipeline.tracking.server_waits.time", SimpleNamespace(monotonic=lambda: clock[0]))
    retries = RetryFilter()
    retries.report = reports.append

    def repeat(message, seconds):
        clock[0] += seconds
        record = logging.LogRecord(LOGGER, logging.WARNING, "", 0, message, (), None)
        assert not retries.filter(record)

    repeat("Retrying (Retry(total=5)) after connection broken: Connection refused", 0)
    assert reports == []  # the server had closed an idle connection
    for seconds in (0, 2, 4):
        repeat("Retrying (Retry(total=5)) after connection broken: Connection refused", seconds)
    assert reports == ["connection refused"]
    for seconds in (LONGEST_PAUSE, 0, 2):
        repeat("Retry: /api", seconds)
    assert reports == ["connection refused", "it answers with errors"]


def test_other_records_of_urllib3_pass(caplog):
    report_waits("http://server", lambda line: None)
    with caplog.at_level(logging.INFO):
        logging.getLogger(LOGGER).debug("Starting new HTTP connection")
        logging.getLogger(LOGGER).warning("Connection pool is full")
    assert caplog.messages == ["Connection pool is full"]
    assert sum(isinstance(item, RetryFilter) for item in logging.getLogger(LOGGER).filters) == 1


def test_two_machines_create_the_experiment_at_once():
    from mlflow.exceptions import MlflowException

    class Client:
        def create_experiment(self, name, artifact_location):
            error = MlflowException(name)
            error.error_code = name
            raise error

        def get_experiment_by_name(self, name):
            return SimpleNamespace(experiment_id="7")

    assert create_experiment(Client(), "RESOURCE_ALREADY_EXISTS", None) == "7"
    with pytest.raises(MlflowException):
        create_experiment(Client(), "TEMPORARILY_UNAVAILABLE", None)


def test_an_address_with_a_password_is_refused_without_printing_it(tmp_path):
    with pytest.raises(UserError, match="set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD") as caught:
        Store(Tracking(uri="http://ann:hidden@127.0.0.1:1"), tmp_path)
    assert "hidden" not in str(caught.value)


def test_only_a_server_that_answered_before_is_waited_for_once(files, monkeypatch):
    reports, pauses = [], []

    def sleep(seconds):
        pauses.append(seconds)
        if len(pauses) == 3:
            is_down.clear()

    is_down = ["Connection refused"]
    monkeypatch.setattr(server_check, "_answered", set())
    monkeypatch.setattr(server_check, "_unreachable_reason", lambda uri: is_down[0] if is_down else "")
    clock = SimpleNamespace(monotonic=lambda: float(len(pauses)), sleep=sleep)
    monkeypatch.setattr(server_check, "time", clock)
    with pytest.raises(UserError, match="does not answer"):
        server_check.check_server(files.uri, reports.append)
    assert pauses == []
    is_down.clear()
    server_check.check_server(files.uri, reports.append)
    is_down.append("Connection refused")
    server_check.check_server(files.uri, reports.append)
    assert reports == [f"  waiting for {files.uri} (Connection refused)"]
    assert len(pauses) == 3
    is_down.append("Connection refused")
    for expected in (server_check.PATIENCE, 0):
        before = len(pauses)
        with pytest.raises(UserError, match="does not answer"):
            server_check.check_server(files.uri, reports.append)
        assert len(pauses) - before == expected


def test_a_database_without_its_driver_is_reported_without_its_password(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(UserError) as caught:
        Store(Tracking(uri="postgresql+psycopg://ann:hidden@host/db"), tmp_path)
    address = "postgresql+psycopg://ann:***@host/db"
    assert str(caught.value) == f"tracking.uri: {address} needs the package psycopg, which is not installed"


@pytest.mark.parametrize(
    ("text", "calls"),
    [
        ("BAD_REQUEST: (psycopg.errors.UniqueViolation) duplicate key value violates unique constraint", 2),
        ("(sqlite3.IntegrityError) UNIQUE constraint failed: experiment_tags.key", 2),
        ("value too long", 1),
    ],
)
def test_a_row_that_another_machine_wrote_at_once_is_written_again(text, calls):
    from mlflow.exceptions import MlflowException

    attempts = []

    def write():
        attempts.append(text)
        if len(attempts) == 1:
            raise MlflowException(text)
        return "written"

    if calls == 1:
        with pytest.raises(MlflowException):
            write_shared_row(write)
    else:
        assert write_shared_row(write) == "written"
    assert len(attempts) == calls
