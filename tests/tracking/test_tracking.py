import json
import os
import platform
import subprocess
import sys
import threading
import time

import psutil
import pytest

from pipeline.cli.console import Console
from pipeline.config import Tracking
from pipeline.runtime import processes
from pipeline.runtime.errors import UserError
from pipeline.tracking import Store, flatten
from tests.helpers import environment


@pytest.fixture
def store(outputs):
    return Store(Tracking(), outputs)


@pytest.fixture
def result(tmp_path):
    folder = tmp_path / "result"
    (folder / "latents").mkdir(parents=True)
    (folder / "latents" / "fitted.npy").write_bytes(b"numbers")
    return folder


def keep(store, result, fingerprint="f1", finish=True):
    with store.run("execution", "parent") as parent:
        child = store.start(
            "stage", "extract", parent.id, {"pipeline.stage": "extract", "pipeline.fingerprint": fingerprint}
        )
        store.store_result(child, result, {"seconds": 1.5})
        if finish:
            child.finish("FINISHED")
    return child


def test_a_finished_result_is_found_with_its_files_and_metrics(store, result):
    child = keep(store, result)
    found = store.find("f1", Console())
    assert found.run_id == child.id
    assert (found.folder / "latents" / "fitted.npy").read_bytes() == b"numbers"
    assert found.metrics["seconds"] == 1.5
    assert store.find("f2", Console()) is None


def test_an_unfinished_result_is_not_used(store, result):
    keep(store, result, finish=False)
    assert store.find("f1", Console()) is None


def test_a_result_whose_run_was_deleted_for_good_is_missing(store, result):
    child = keep(store, result)
    store.client.delete_run(child.id)
    store.client._tracking_client.store._hard_delete_run(child.id)  # what `mlflow gc` does
    assert store.result(child.id) is None
    assert store.identified_result(child.id) is None
    assert store.fingerprint(child.id) is None


@pytest.mark.parametrize("damage", ["change", "remove", "unlisted"])
def test_a_damaged_result_is_not_used_and_said(store, result, damage, capsys):
    keep(store, result)
    file = store.find("f1", Console()).folder / "latents" / "fitted.npy"
    if damage == "change":
        file.write_bytes(b"Numbers")
    elif damage == "remove":
        file.unlink()
    else:
        (file.parent.parent.parent / "checksums.json").unlink()
    assert store.find("f1", Console()) is None
    assert "damaged" in capsys.readouterr().out


def test_a_failing_run_is_marked_with_its_error(store):
    with pytest.raises(ZeroDivisionError), store.run("execution", "fails") as run:
        raise ZeroDivisionError("by hand")
    kept = store.client.get_run(run.id)
    assert kept.info.status == "FAILED"
    assert "by hand" in kept.data.tags["pipeline.error"]


def test_an_interrupted_run_is_marked_as_killed(store):
    with pytest.raises(KeyboardInterrupt), store.run("execution", "stopped") as run:
        raise KeyboardInterrupt
    assert store.client.get_run(run.id).info.status == "KILLED"


def test_runs_of_a_process_that_died_are_marked_when_next_seen(store, capsys):
    died = subprocess.Popen([sys.executable, "-c", ""])
    host, _, started = processes.process_tag().split(":")
    died.wait()
    marks = {
        "died": f"{host}:{died.pid}:{started}",
        "its pid is another's now": f"{host}:{os.getpid()}:{int(started) - 1000}",
        "elsewhere": f"elsewhere:{died.pid}:{started}",
        "of an older version": "",
        "alive": processes.process_tag(),
    }
    runs = {name: store.start("execution", name) for name in marks}
    for name, mark in marks.items():
        runs[name].tag({"pipeline.process": mark})
    store.kill_orphaned_runs(Console())
    ended = {name for name, run in runs.items() if store.client.get_run(run.id).info.status == "KILLED"}
    assert ended == {"died", "its pid is another's now"}
    assert (
        "note: marked runs of processes that died as killed: died, its pid is another's now"
        in capsys.readouterr().out.replace("\n", " ")
    )
    store.kill_orphaned_runs(Console())
    assert not capsys.readouterr().out


def test_a_process_that_is_not_waited_for_counts_as_dead():
    child = subprocess.Popen([sys.executable, "-c", ""])
    mark = f"{platform.node()}:{child.pid}:{psutil.Process(child.pid).create_time():.0f}"
    while psutil.Process(child.pid).status() != psutil.STATUS_ZOMBIE:
        time.sleep(0.01)
    assert processes.has_exited(mark)
    child.wait()


def test_a_database_has_its_name_only_when_its_tables_are_made(tmp_path):
    store = Store(Tracking(), tmp_path)
    assert store.experiment_id
    assert {path.name for path in tmp_path.iterdir()} == {"mlflow.db", ".locks"}


def test_a_database_that_a_killed_process_left_half_made_is_removed(outputs):
    for name in (".mlflow.db-a1.part", ".mlflow.db-a1.part-journal", ".mlflow-before-mlflow-3.1.db-b2.part"):
        (outputs / name).write_bytes(b"half")
    (outputs / ".mine.part").write_bytes(b"another program's")
    before = (outputs / "mlflow.db").read_bytes()
    Store(Tracking(), outputs)
    assert {path.name for path in outputs.iterdir()} == {"mlflow.db", ".locks", ".mine.part"}
    assert len((outputs / "mlflow.db").read_bytes()) >= len(before)


def test_the_lock_lets_one_compute_while_the_other_waits(store, outputs):
    order = []

    def second():
        with Store(Tracking(), outputs).lock("f1", Console()):
            order.append("second")

    with store.lock("f1", Console()):
        other = threading.Thread(target=second)
        other.start()
        time.sleep(0.3)
        order.append("first")
    other.join()
    assert order == ["first", "second"]


def test_artifacts_lie_in_the_outputs_folder_from_wherever_it_is_run(store, outputs, monkeypatch, tmp_path_factory):
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    experiment = Store(Tracking(), outputs).client.get_experiment(store.experiment_id)
    assert experiment.artifact_location == (outputs / "artifacts" / "latent-clustering").as_uri()


def test_the_experiment_carries_a_view_with_the_scores(store):
    import base64
    import zlib

    tags = store.client.get_experiment(store.experiment_id).tags
    packed = tags["mlflow.sharedViewState.scores"].removeprefix("deflate;")
    state = json.loads(zlib.decompress(base64.b64decode(packed)))
    assert state["selectedColumns"][0] == "tags.`pipeline.data`"
    assert "metrics.`train/purity_score`" in state["selectedColumns"]
    assert store.view.endswith("viewStateShareKey=scores")


def test_a_view_of_an_earlier_version_is_renewed(store, outputs):
    tags = store.client.get_experiment(store.experiment_id).tags
    store.client.set_experiment_tag(store.experiment_id, "mlflow.sharedViewState.scores", "deflate;old")
    renewed = Store(Tracking(), outputs).client.get_experiment(store.experiment_id).tags
    assert renewed["mlflow.sharedViewState.scores"] == tags["mlflow.sharedViewState.scores"] != "deflate;old"


def test_a_store_that_does_not_exist_is_one_clear_error(tmp_path):
    with pytest.raises(UserError, match=r"tracking\.uri"):
        Store(Tracking(uri="ftp://nowhere"), tmp_path)


def test_flatten_joins_keys_with_dots():
    assert flatten({"a": {"b": 1, "c": [2]}, "d": {}}) == {"a.b": 1, "a.c": [2], "d": {}}


@pytest.mark.slow
def test_scipys_functions_are_found_before_mlflows(outputs):
    """skops asks each module, in the order of import, for 900 of SciPy's functions; MLflow's lazy ones are slow."""
    code = (
        "import sys; from pathlib import Path; from pipeline.config import Tracking;"
        "from pipeline.tracking import Store; Store(Tracking(), Path(sys.argv[1])); names = list(sys.modules);"
        "sys.exit(names.index('scipy.special') > names.index('mlflow'))"
    )
    assert subprocess.run([sys.executable, "-c", code, str(outputs)], env=environment(), check=False).returncode == 0
