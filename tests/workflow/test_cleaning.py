"""stage=clean on a real store: what it deletes, what it leaves, and that no running process loses a result."""

import json
import shutil
import threading
import time

import pytest

from pipeline.config import Tracking
from pipeline.runtime import processes
from pipeline.runtime.errors import UserError
from pipeline.runtime.observer import RunObserver
from pipeline.tracking import Store
from pipeline.tracking.models import _tracking_uri
from pipeline.workflow.execution import execute_run
from pipeline.workflow.finished_runs import find_run
from pipeline.workflow.run_action import run_action
from tests.faults.test_damage import OVERRIDES
from tests.helpers import compose


@pytest.fixture
def outputs(tmp_path, empty_store):
    shutil.copy(empty_store, tmp_path / "mlflow.db")
    return tmp_path


class Lines(RunObserver):
    """Remembers what is printed."""

    def __init__(self):
        self.lines = []

    def message(self, text):
        self.lines.append(text)


def execute(outputs, name, *words):
    folder = outputs / "runs" / "2026-01-01" / name
    return execute_run(compose(*OVERRIDES, "stage=cluster", *words, outputs=outputs), folder, [])


def run_clean(outputs, *words):
    """Run the action and return what it printed."""
    log = Lines()
    folder = outputs / "runs" / "2026-01-01" / f"clean {time.monotonic_ns()}"
    run_action(compose("stage=clean", *words, outputs=outputs), folder, [], log)
    return "\n".join(log.lines)


def stage_folder(outputs, summary, name):
    store = Store(Tracking(), outputs)
    return store.local(summary["stages"][name]["run_id"], "").parent


@pytest.mark.slow
def test_results_of_a_run_deleted_in_mlflow_are_deleted_when_told(outputs):
    first = execute(outputs, "first", "cluster.k=3")
    second = execute(outputs, "second", "cluster.k=4")
    store = Store(Tracking(), outputs)
    store.client.delete_run(first["run_id"])
    for name in ("first", "second"):
        (outputs / "runs" / "2026-01-01" / name / "explorer.html").write_text("the page")
        (outputs / "runs" / "2026-01-01" / name / "mine.txt").write_text("of the user")
    own, shared = (stage_folder(outputs, first, name) for name in ("cluster", "data"))
    printed = run_clean(outputs)
    assert "can be deleted" in printed
    assert "1 run: deleted in MLflow" in printed
    assert own.exists()
    assert "clean    deleted " in run_clean(outputs, "clean.delete=true")
    assert not own.exists()
    assert shared.exists(), "the second run reused it"
    assert sorted(path.name for path in (outputs / "runs" / "2026-01-01" / "first").iterdir()) == ["mine.txt"]
    assert (outputs / "runs" / "2026-01-01" / "second" / "explorer.html").exists()
    assert find_run(store, second["run_id"]).load("clustering", "images", "latents")["clustering"].k == 4
    again = execute(outputs, "third", "cluster.k=3")
    assert not again["stages"]["cluster"]["reused"]
    assert again["stages"]["data"]["reused"]
    assert "nothing can be deleted" in run_clean(outputs, "clean.delete=true")
    assert store.client.get_run(first["stages"]["cluster"]["run_id"]).data.metrics, "its row stays, among deleted runs"


def fake_run(store, name, *, size=10, finish="FINISHED", **tags):
    """An execution with one stage whose result has `size` bytes."""
    run = store.start("execution", name, tags=tags)
    stage = store.start("stage", "train", run.id, {"pipeline.stage": "train", "pipeline.fingerprint": name})
    stage.log_text("x" * size, "result/file.txt")
    stage.finish("FINISHED")
    run.tag({"stage.train": stage.id, "stage.cluster": f"{stage.id} reused"})
    if finish:
        run.finish(finish)
    return run, stage


@pytest.fixture
def store(outputs):
    return Store(Tracking(), outputs)


def test_nothing_is_deleted_while_a_run_is_in_progress(store, outputs):
    fake_run(store, "newest")
    run, _ = fake_run(store, "open", finish=None)
    lost = store.start("stage", "lost", tags={"pipeline.stage": "train"})
    lost.log_text("x", "result/file.txt")
    lost.finish("FINISHED")
    with pytest.raises(UserError, match=rf"^clean\.delete: 1 run\(s\) in progress .*: open \({run.id}\); nothing was"):
        run_clean(outputs, "clean.delete=true")
    assert "1 run: no run that stays needs it" in run_clean(outputs), "listing is allowed"
    assert store.inventory().folders(lost.id)
    run.finish("FINISHED")
    assert "deleted" in run_clean(outputs, "clean.delete=true")
    assert not store.inventory().folders(lost.id)


def test_a_run_deleted_in_mlflow_whose_process_still_runs_is_in_progress(store, outputs):
    fake_run(store, "newest")
    run, stage = fake_run(store, "open", finish=None)
    store.client.delete_run(run.id)
    with pytest.raises(UserError, match=r"^clean\.delete: 1 run\(s\) in progress"):
        run_clean(outputs, "clean.delete=true")
    host = processes.process_tag().partition(":")[0]
    store.client.restore_run(run.id)
    run.tag({"pipeline.process": f"{host}:999999999:1"})
    store.client.delete_run(run.id)
    run_clean(outputs, "clean.delete=true")
    assert not store.inventory().folders(stage.id), "its process has exited"


def test_no_run_starts_while_results_are_deleted(store, outputs):
    started = []
    other = threading.Thread(target=lambda: started.append(Store(Tracking(), outputs).start("execution", "late")))
    with store.exclude_new_runs():
        other.start()
        time.sleep(0.5)
        assert not started
    other.join(20)
    assert len(started) == 1


def test_an_interrupted_deletion_is_finished_by_the_next(store, outputs, monkeypatch):
    fake_run(store, "newest")
    for name in ("one", "two"):
        run, _ = fake_run(store, name)
        store.client.delete_run(run.id)
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "rmtree", lambda *_: (_ for _ in ()).throw(OSError("the machine stopped")))
        with pytest.raises(OSError, match="the machine stopped"):
            run_clean(outputs, "clean.delete=true")
    for name in ("one", "two"):
        assert store.find(name, RunObserver()) is None, "nothing is reused that is half deleted"
    run_clean(outputs, "clean.delete=true")
    assert len(list((outputs / "artifacts" / "latent-clustering").glob("*/artifacts/result"))) == 1


def test_versions_with_an_alias_keep_their_runs_and_others_go_with_theirs(store, outputs):
    runs = {}
    for name in ("first", "second", "newest"):
        _, stage = fake_run(store, name)
        runs[name] = stage
        if name == "first":
            store.client.create_registered_model("latent-clustering")
        store.client.create_model_version("latent-clustering", (outputs / "m").as_uri(), stage.id)
    store.client.set_registered_model_alias("latent-clustering", "production", "1")
    store.client.set_registered_model_alias("latent-clustering", "newest", "3")
    run_clean(outputs, "clean.delete=true", "clean.gigabytes=0")
    versions = store.client.search_model_versions("name = 'latent-clustering'")
    assert sorted(int(version.version) for version in versions) == [1, 3]
    inventory = store.inventory()
    assert {name: bool(inventory.folders(stage.id)) for name, stage in runs.items()} == {
        "first": True, "second": False, "newest": True,
    }  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["runs", "models"])
def test_a_model_that_the_user_registered_under_another_name_is_kept(store, outputs, scheme):
    _, stage = fake_run(store, "first")
    fake_run(store, "newest")
    model = store.client.create_logged_model(store.experiment_id, "clustering", stage.id)
    source = f"runs:/{stage.id}/clustering" if scheme == "runs" else f"models:/{model.model_id}"
    store.client.create_registered_model("mine")
    with _tracking_uri(store.uri):  # where MLflow looks up the model
        store.client.create_model_version("mine", source, None)
    run_clean(outputs, "clean.delete=true", "clean.gigabytes=0")
    assert store.inventory().folders(stage.id)


def test_results_on_a_server_are_refused(tmp_path):
    server = Store.__new__(Store)
    server.uri, server.outputs = "http://127.0.0.1:5000", tmp_path
    with pytest.raises(UserError, match=r"^tracking\.uri: http://127.0.0.1:5000 is a server, and stage=clean deletes"):
        server.inventory()


def test_the_summary_of_an_action_has_no_pages(outputs):
    from pipeline.workflow.cleaning import find_pages

    for name, content in {"action": {"metrics": {}, "run_id": "a"}, "run": {"stages": {}, "run_id": "b"}}.items():
        folder = outputs / "sweeps" / "2026-01-01" / "10-00-00" / name
        folder.mkdir(parents=True)
        (folder / "summary.json").write_text(json.dumps(content))
        (folder / "report.html").write_text("page")
    (outputs / "runs" / "2026-01-01" / "broken").mkdir(parents=True)
    (outputs / "runs" / "2026-01-01" / "broken" / "summary.json").write_text("{")
    pages = find_pages(outputs)
    assert set(pages) == {"b"}
    assert [path.name for path in pages["b"]] == ["report.html", "summary.json"]
