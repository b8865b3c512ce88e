"""Runs on a tracking server with its own artifact root: same results, reuse from a new folder, loss of the server."""

import shutil
import time

import pytest

from pipeline.cli.errors import explain_error
from pipeline.workflow.execution import execute_run
from pipeline.workflow.executor import Executor
from tests.faults.serving import run_server
from tests.faults.test_damage import OVERRIDES, scores
from tests.helpers import compose


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with run_server(tmp_path_factory.mktemp("server")) as server:
        yield server


def run_on(server, outputs, *overrides):
    config = compose(*OVERRIDES, "stage=[evaluate]", f"tracking.uri={server.uri}", *overrides, outputs=outputs)
    return execute_run(config, outputs / "run", [])


@pytest.mark.slow
def test_results_on_a_server_are_reused_from_another_folder(server, tmp_path, outputs):
    first = run_on(server, tmp_path / "first")
    assert not any(stage["reused"] for stage in first["stages"].values())
    for folder in ("first", "second"):
        summary = run_on(server, tmp_path / folder)
        assert all(stage["reused"] for stage in summary["stages"].values())
        assert scores(summary) == scores(first)
    local = execute_run(compose(*OVERRIDES, "stage=[evaluate]", outputs=outputs), outputs / "run", [])
    assert scores(local) == scores(first)


@pytest.mark.slow
def test_a_damaged_download_is_fetched_again(server, tmp_path):
    run_id = run_on(server, tmp_path, "seed=3")["stages"]["evaluate"]["run_id"]
    file = next((tmp_path / "fetched" / run_id / "result").rglob("artifact.json"))
    content = file.read_bytes()
    file.write_bytes(b"{}")
    assert all(stage["reused"] for stage in run_on(server, tmp_path, "seed=3")["stages"].values())
    assert file.read_bytes() == content


@pytest.mark.long
def test_a_run_that_lost_its_server_resumes_when_the_server_is_back(server, tmp_path, monkeypatch):
    compute = Executor.compute

    def kill_server_before_cluster(executor, step, observer):
        if step.name == "cluster":
            server.kill()
        return compute(executor, step, observer)

    with monkeypatch.context() as patch:
        patch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "3")  # by default it would be waited for a minute
        patch.setattr(Executor, "compute", kill_server_before_cluster)
        started = time.monotonic()
        with pytest.raises(Exception, match="refused") as caught:
            run_on(server, tmp_path, "seed=5")
        message = explain_error(caught.value, tmp_path)
    assert message.startswith(
        f"tracking.uri: {server.uri} does not answer (connection refused); once it does: finished"
    )
    assert time.monotonic() - started < 60
    shutil.rmtree(tmp_path)
    server.start()
    stages = run_on(server, tmp_path, "seed=5")["stages"]
    assert not stages["cluster"]["reused"]
    assert all(stages[name]["reused"] for name in ("data", "train", "extract", "neighbors", "manifold"))
