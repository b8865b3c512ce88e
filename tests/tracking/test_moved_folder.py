"""An output folder that is moved, renamed or copied keeps its results; a copy is independent of the original."""

import contextlib
import os
import shutil
import sqlite3
import tempfile
from pathlib import Path

import pytest

from pipeline.cli.console import Console
from pipeline.cli.errors import explain_error
from pipeline.config import Tracking
from pipeline.runtime.errors import UserError
from pipeline.tracking import Store
from pipeline.tracking.moved_folder import PATH_COLUMNS, repair_moved_paths
from tests.helpers import pipeline

NAME = "two words ü"


@pytest.fixture
def finished(tmp_path, empty_store):
    """A folder with one stored result, in an experiment whose name is escaped in addresses."""
    folder = tmp_path / "a b" / "outputs"
    folder.mkdir(parents=True)
    shutil.copy(empty_store, folder / "mlflow.db")
    add_result(folder, "first")
    return folder


def add_result(folder, fingerprint):
    store = open_store(folder)
    (folder.parent / "result").mkdir(exist_ok=True)
    (folder.parent / "result" / "numbers.txt").write_text(fingerprint)
    with store.stage_run("parent", "extract", fingerprint, {}) as run:
        store.store_result(run, folder.parent / "result", {})


def open_store(folder):
    return Store(Tracking(experiment=NAME), folder, Console())


def result_folder(folder, fingerprint):
    result = open_store(folder).find(fingerprint, Console())
    return None if result is None else result.folder


def stored_paths(folder):
    with sqlite3.connect(folder / "mlflow.db") as connection:
        rows = [connection.execute(f"SELECT {column} FROM {table}").fetchall() for table, column in PATH_COLUMNS]
    connection.close()
    return [path for row in rows for (path,) in row if path and "artifacts" in path]


def test_a_moved_folder_keeps_its_results(finished, tmp_path, capsys):
    moved = tmp_path / "renamed"
    finished.rename(moved)
    assert result_folder(moved, "first").is_relative_to(moved)
    assert (result_folder(moved, "first") / "numbers.txt").read_text() == "first"
    assert {path.startswith(moved.as_uri()) for path in stored_paths(moved)} == {True}
    note = " ".join(capsys.readouterr().out.split())
    assert note.count("was moved or copied: its database names artifacts in") == 1, "said once, when it is repaired"
    assert not finished.exists()


def test_a_copy_is_independent_of_the_original(finished, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(finished, copy)
    before = sorted(finished.rglob("*"))
    add_result(copy, "second")
    assert result_folder(copy, "first").is_relative_to(copy)
    assert result_folder(copy, "second").is_relative_to(copy)
    assert sorted(finished.rglob("*")) == before
    assert result_folder(finished, "first").is_relative_to(finished)
    assert result_folder(finished, "second") is None


def test_a_database_without_its_artifacts_keeps_pointing_to_them(finished, tmp_path):
    (tmp_path / "alone").mkdir()
    shutil.copy(finished / "mlflow.db", tmp_path / "alone")
    assert result_folder(tmp_path / "alone", "first").is_relative_to(finished)


def test_another_output_folder_of_a_shared_database_is_not_a_move(finished, tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{finished / 'mlflow.db'}")
    assert result_folder(tmp_path / "other", "first").is_relative_to(finished)
    assert result_folder(finished, "first").is_relative_to(finished)


def test_a_moved_database_that_an_address_names_is_repaired(finished, tmp_path):
    finished.rename(tmp_path / "renamed")
    store = Store(Tracking(experiment=NAME, uri=f"sqlite:///{tmp_path / 'renamed' / 'mlflow.db'}"), tmp_path / "other")
    assert store.find("first", Console()).folder.is_relative_to(tmp_path / "renamed")


def test_a_database_of_two_folders_keeps_the_paths_of_a_disk_that_is_not_mounted(finished, tmp_path):
    database = finished / "mlflow.db"
    Store(Tracking(experiment="other", uri=f"sqlite:///{database}"), tmp_path / "disk")  # no results: no folder yet
    before = stored_paths(finished)
    Store(Tracking(experiment=NAME, uri=f"sqlite:///{database}"), tmp_path / "third")
    assert stored_paths(finished) == before


@pytest.mark.slow
def test_an_experiment_that_was_renamed_in_mlflow_moves_too(finished, tmp_path):
    store = open_store(finished)
    store.client.rename_experiment(store.experiment_id, "renamed")
    finished.rename(tmp_path / "moved")
    renamed = Store(Tracking(experiment="renamed"), tmp_path / "moved")
    assert renamed.find("first", Console()).folder.is_relative_to(tmp_path / "moved")


@contextlib.contextmanager
def unprivileged():
    """Act as a user who owns no files here; root could write to read-only folders."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(before)


def test_a_read_only_folder_is_refused_with_advice_and_reused_in_a_copy(finished):
    with tempfile.TemporaryDirectory() as parent:  # the folders above `tmp_path` admit only their owner
        Path(parent).chmod(0o755)
        folder = Path(shutil.move(finished, Path(parent) / "shared"))
        paths = [folder, *folder.rglob("*")]
        contents = {path: path.read_bytes() for path in paths if path.is_file()}
        for path in paths:
            path.chmod(0o555 if path.is_dir() else 0o444)
        with unprivileged():
            assert result_is_refused(folder) == (
                f"{folder}/.locks/create.lock: cannot be written (Permission denied); give output_dir=FOLDER, or set "
                f"PIPELINE_OUTPUTS, to a folder that can be written; the results in {folder} are reused in a writable "
                "copy of it"
            )
        assert {path: path.read_bytes() for path in contents} == contents
        copy = shutil.copytree(folder, Path(parent) / "copy", copy_function=shutil.copyfile)
        for path in [copy, *copy.rglob("*")]:
            path.chmod(0o755)
        assert result_folder(copy, "first").is_relative_to(copy)
        for path in paths:
            path.chmod(0o755)


def result_is_refused(folder):
    with pytest.raises(OSError, match="Permission denied") as caught:
        open_store(folder)
    return explain_error(caught.value, folder)


def test_paths_that_cannot_be_repaired_are_reported(finished, tmp_path):
    shutil.copytree(finished, tmp_path / "copy")
    with sqlite3.connect(tmp_path / "copy" / "mlflow.db") as connection:
        connection.execute("CREATE TRIGGER no BEFORE UPDATE ON runs BEGIN SELECT RAISE(ABORT, 'read-only'); END")
    connection.close()
    before = stored_paths(tmp_path / "copy")
    with pytest.raises(UserError, match=r"^output_dir: .*copy was moved .* cannot be repaired: read-only; make"):
        open_store(tmp_path / "copy")
    assert stored_paths(tmp_path / "copy") == before, "all paths are changed, or none"


@pytest.mark.parametrize("content", [b"", b"no database"])
def test_other_files_are_left_to_mlflow(tmp_path, content):
    (tmp_path / "mlflow.db").write_bytes(content)
    assert repair_moved_paths(tmp_path / "mlflow.db", tmp_path / "artifacts") is None
    assert (tmp_path / "mlflow.db").read_bytes() == content


@pytest.mark.slow
def test_the_command_reuses_all_stages_of_a_moved_folder(tmp_path, empty_store):
    words = [
        "data=digits",
        "data.train_size=200",
        "model=pixels",
        "manifold=none",
        "cluster=kmeans",
        "tracking.models=false",
    ]
    (tmp_path / "before").mkdir()
    shutil.copy(empty_store, tmp_path / "before" / "mlflow.db")
    assert pipeline(*words, "stage=cluster", outputs=tmp_path / "before").returncode == 0
    (tmp_path / "before").rename(tmp_path / "after")
    again = pipeline(*words, "stage=cluster", outputs=tmp_path / "after")
    assert again.returncode == 0, again.stderr
    assert "was moved or copied" in " ".join(again.stdout.split())
    steps = [line for line in again.stdout.splitlines() if "✓" in line]
    assert steps
    assert all("reused" in step for step in steps)
    assert not (tmp_path / "before").exists()
    action = pipeline(
        "stage=how_many",
        "how_many.k_min=2",
        "how_many.k_max=3",
        "how_many.bootstraps=2",
        "how_many.references=2",
        outputs=tmp_path / "after",
    )
    assert action.returncode == 0, action.stderr
