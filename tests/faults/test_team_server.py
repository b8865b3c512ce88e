"""A team's server, PostgreSQL with authentication: it and its database restart while eight processes work."""

import os
import shutil
import time
from collections import Counter
from contextlib import redirect_stdout

import pytest
import requests

from pipeline.config import Tracking
from pipeline.runtime.observer import RunObserver
from pipeline.tracking import Store
from tests.faults import workers
from tests.faults.in_process import error_message
from tests.faults.team_server import ADMIN, ADMIN_PASSWORD, credentials, missing_parts, run_team_server
from tests.forked_command import SERVER

pytestmark = pytest.mark.skipif(bool(missing_parts()), reason=missing_parts())

MACHINES, NAMES, RUNS = ("one", "other"), ("a", "a", "b", "b"), 2
"""Eight processes: two machines, which see no lock of each other, each with two pairs that want the same results."""


@pytest.fixture(scope="module")
def team(tmp_path_factory):
    with run_team_server(tmp_path_factory.mktemp("team")) as team:
        yield team


@pytest.fixture
def member(team, monkeypatch):
    """The variables of a person with all permissions are set."""
    for name, value in team.variables().items():
        monkeypatch.setenv(name, value)


class Workers:
    """Processes that store results, and the lines that they print."""

    def __init__(self, variables, folder, machines, names):
        self.files = [folder / f"{machine}-{index}.txt" for machine in machines for index in range(len(names))]
        pairs = [(folder / machine, name) for machine in machines for name in names]
        self.processes = [
            SERVER.Process(target=work, args=(dict(variables), outputs, name, file))
            for (outputs, name), file in zip(pairs, self.files, strict=True)
        ]
        for file, process in zip(self.files, self.processes, strict=True):
            file.touch()
            process.start()

    def lines(self, machine=""):
        return [line for file in self.files if file.name.startswith(machine) for line in file.read_text().splitlines()]

    def wait_for(self, computed):
        """Wait until all processes have opened the store, and this number of results is stored."""
        deadline = time.monotonic() + 100
        while time.monotonic() < deadline and any(process.is_alive() for process in self.processes):
            lines = self.lines()
            if lines.count("open") == len(self.processes) and sum(line != "open" for line in lines) >= computed:
                return
            time.sleep(0.02)

    def join(self):
        for process in self.processes:
            process.join(200)
        return {process.exitcode for process in self.processes}


def work(variables, outputs, name, file):
    os.environ |= variables
    with file.open("w", buffering=1) as stream, redirect_stdout(stream):
        workers.main(outputs, name, RUNS)


def count_statuses(store, kind):
    runs = store.client.search_runs([store.experiment_id], f"tags.`pipeline.kind` = '{kind}'", max_results=1000)
    return Counter(run.info.status for run in runs)


@pytest.mark.long  # a response that breaks off when the server dies ends a process, rightly, and the test by chance
def test_server_and_database_restart_while_eight_processes_work(team, member, tmp_path):
    processes = Workers(team.variables(), tmp_path, MACHINES, NAMES)
    processes.wait_for(1)
    team.server.kill()
    team.server.start()
    processes.wait_for(3)
    team.postgres.stop("immediate")
    team.postgres.start()
    assert processes.join() == {0}
    fingerprints = {f"{name}-{index}" for name in set(NAMES) for index in range(RUNS)}
    for machine in MACHINES:
        outcomes = Counter(tuple(line.split()) for line in processes.lines(machine))
        for fingerprint in fingerprints:
            assert outcomes["computed", fingerprint] <= 1
            assert outcomes["computed", fingerprint] + outcomes["reused", fingerprint] == 2
    computed = sum(line.startswith("computed") for line in processes.lines())
    store = Store(Tracking(), tmp_path / "third")
    assert len(fingerprints) <= computed <= 2 * len(fingerprints)
    assert count_statuses(store, "stage")["FINISHED"] == computed
    assert count_statuses(store, "execution")["FINISHED"] == len(MACHINES) * len(NAMES) * RUNS
    for fingerprint in fingerprints:
        result = store.find(fingerprint, RunObserver())
        assert (result.folder / "numbers.txt").read_text() == fingerprint * 100


@pytest.mark.slow
def test_the_name_of_a_run_may_be_long(team, member, tmp_path):
    store = Store(Tracking(), tmp_path)
    run = store.start("sweep", "sweep " + "é" * 500, None, {"pipeline.command": "é" * 2000})
    assert store.client.get_run(run.id).info.run_name == "sweep " + "é" * 243 + "…"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({}, "wants a user name and a password; set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD"),
        (
            credentials(password="wrong-password"),
            "does not accept the user name or the password in MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD",
        ),
    ],
)
def test_a_missing_or_wrong_password_is_refused_in_one_line(team, tmp_path, monkeypatch, variables, message):
    for name in credentials():
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    uri = team.server.uri
    assert error_message(Store, Tracking(uri=uri), tmp_path) == f"tracking.uri: {uri} {message}"


@pytest.mark.slow
def test_a_reader_may_not_write(team, member, tmp_path, monkeypatch):
    Store(Tracking(experiment="of-the-admin"), tmp_path)
    reader = {"username": "reader", "password": "password-of-the-reader"}
    address = f"{team.server.uri}/api/2.0/mlflow/users/create"
    requests.post(address, json=reader, auth=(ADMIN, ADMIN_PASSWORD), timeout=60).raise_for_status()
    for name, value in credentials(*reader.values()).items():
        monkeypatch.setenv(name, value)
    store = Store(Tracking(experiment="of-the-admin"), tmp_path)
    message = error_message(store.start, "execution", "reader's run")
    assert message.startswith("tracking.uri: the tracking server does not permit reader to write; the experiment")


@pytest.mark.long
def test_a_backup_is_restored(team, member, tmp_path):
    (tmp_path / "before").mkdir()
    workers.main(tmp_path / "before", "restored", 1)
    artifacts, folder = team.server.folder / "artifacts", team.postgres.folder
    team.postgres.run("pg_dump", *team.postgres.connection, "--format=custom", "--file=backup", "mlflow")
    shutil.copytree(artifacts, tmp_path / "artifacts")
    team.server.kill()
    shutil.rmtree(artifacts)
    team.postgres.run("dropdb", *team.postgres.connection, "mlflow")
    team.postgres.run("createdb", *team.postgres.connection, "mlflow")
    team.postgres.run("pg_restore", *team.postgres.connection, "--dbname=mlflow", str(folder / "backup"))
    shutil.copytree(tmp_path / "artifacts", artifacts)
    team.server.start()
    result = Store(Tracking(), tmp_path / "after").find("restored-0", RunObserver())
    assert (result.folder / "numbers.txt").read_text() == "restored-0" * 100
