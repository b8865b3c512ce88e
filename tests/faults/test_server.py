"""A real tracking server with its own artifact root: the same results, reuse from an empty folder, and its loss."""

import shutil
import time

import pytest

from pipeline.job import explain
from pipeline.run import execute
from tests.faults.serving import serving
from tests.faults.test_damage import WORDS, scores
from tests.helpers import compose


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("server")
    with serving(folder) as one:
        yield one


def go(outputs, server, *words):
    asked = compose(*WORDS, "stage=[evaluate]", f"tracking.uri={server.uri}", *words, outputs=outputs)
    return execute(asked, outputs / "run", [])


def test_a_server_keeps_the_results_and_another_folder_reuses_them(server, tmp_path, outputs):
    first = go(tmp_path / "first", server)
    assert not any(stage["reused"] for stage in first["stages"].values())
    again, other = go(tmp_path / "first", server), go(tmp_path / "other", server)
    for summary in (again, other):
        assert all(stage["reused"] for stage in summary["stages"].values())
        assert scores(summary) == scores(first)
    local = execute(compose(*WORDS, "stage=[evaluate]", outputs=outputs), outputs / "run", [])
    assert scores(local) == scores(first), "a store in a file gives the same"
    # A fetched copy that is damaged is fetched again, and not believed.
    run_id = first["stages"]["evaluate"]["run_id"]
    file = next((tmp_path / "other" / "fetched" / run_id / "result").rglob("artifact.json"))
    whole = file.read_bytes()
    file.write_bytes(b"{}")
    assert all(stage["reused"] for stage in go(tmp_path / "other", server)["stages"].values())
    assert file.read_bytes() == whole


@pytest.mark.long
def test_a_server_lost_in_the_middle_is_told_and_the_same_command_goes_on(server, tmp_path, monkeypatch):
    from pipeline.recipe import Step

    real = Step.function

    def kill(step):
        if step.name == "cluster":
            server.kill()
        return real(step)

    with monkeypatch.context() as patch:
        patch.setattr(Step, "function", kill)
        started = time.monotonic()
        with pytest.raises(Exception, match="refused") as caught:
            go(tmp_path, server, "seed=5")
        told = explain(caught.value, tmp_path)
    assert told.startswith(f"tracking.uri: {server.uri} does not answer (connection refused); once it does: finished")
    assert time.monotonic() - started < 60
    shutil.rmtree(tmp_path)
    server.start()
    stages = go(tmp_path, server, "seed=5")["stages"]
    assert not stages["cluster"]["reused"]
    assert all(stages[name]["reused"] for name in ("data", "train", "extract", "neighbors", "manifold"))
