"""One execution: its summary, files and run in the store, and what is reused."""

import json

import numpy as np
import pytest

from pipeline.cli.console import Console
from pipeline.config import Tracking
from pipeline.runtime.errors import UserError
from pipeline.tracking import Store
from pipeline.workflow import stored_results
from pipeline.workflow.execution import execute_run
from pipeline.workflow.execution_record import run_name
from pipeline.workflow.recipe import STEPS
from tests.helpers import TINY, compose


@pytest.fixture(scope="module")
def shared(tmp_path_factory, empty_store):
    """One outputs folder with one complete tiny run in it."""
    import shutil

    outputs = tmp_path_factory.mktemp("shared")
    shutil.copy(empty_store, outputs / "mlflow.db")
    return outputs, execute_run(compose(*TINY, outputs=outputs), outputs / "first", list(TINY))


def test_the_summary_is_flat_and_complete(shared):
    outputs, summary = shared
    stored = json.loads((outputs / "first" / "summary.json").read_text())
    assert stored == summary
    assert set(stored["stages"]) == set(STEPS)
    assert all(set(stage) >= {"seconds", "reused", "peak_mib"} for stage in stored["stages"].values())
    assert all(isinstance(value, float) for value in stored["metrics"].values())
    for name in ("train/purity_score", "test/accuracy_score", "reconstruction/test_mse", "map/trustworthiness", "k"):
        assert name in stored["metrics"]
    assert stored["config"]["cluster"]["k"] == 10
    assert stored["data"] == {
        "images": 400, "held_out": 100, "height": 28, "width": 28, "channels": 1, "dtype": "uint8", "classes": 10,
        "unlabelled": 0, "skipped": 0,
    }  # fmt: skip


def test_the_report_is_written_to_the_run_folder(shared):
    outputs, _ = shared
    assert (outputs / "first" / "report.html").stat().st_size > 10_000
    assert any((outputs / "first" / "figures").glob("*.png"))


def test_the_explorer_is_written_and_the_table_on_request(shared):
    outputs, _ = shared
    assert (outputs / "first" / "explorer.html").stat().st_size > 100_000
    assert not (outputs / "first" / "images.parquet").exists()
    asked = compose(*TINY, "explorer.parquet=true", "stage=explorer", outputs=outputs)
    stages = execute_run(asked, outputs / "asked", [])["stages"]
    assert {name for name, stage in stages.items() if not stage["reused"]} == {"explorer"}
    assert (outputs / "asked" / "images.parquet").stat().st_size > 50_000


def test_pages_in_a_folder_link_to_each_other(shared):
    from pipeline.config import Tracking
    from pipeline.tracking import Store

    outputs, summary = shared
    report, explorer = ((outputs / "first" / f"{name}.html").read_text() for name in ("report", "explorer"))
    assert report.count('href="explorer.html"') == explorer.count('href="report.html"') == 1
    assert report.index('href="explorer.html"') < report.index("</header>")
    assert explorer.index('href="report.html"') < explorer.index("</header>")
    kept = Store(Tracking(), outputs).local(summary["run_id"], "report.html").read_text()
    assert "explorer.html" not in kept
    stored = Store(Tracking(), outputs).result(summary["stages"]["explorer"]["run_id"])
    assert "report.html" not in (stored / "explorer" / "explorer.html").read_text()


def test_a_single_page_has_no_links(shared):
    outputs, _ = shared
    execute_run(compose(*TINY, "stage=report", outputs=outputs), outputs / "alone", [])
    assert (outputs / "alone" / "report.html").exists()
    assert "explorer.html" not in (outputs / "alone" / "report.html").read_text()


def test_the_run_has_parameters_metrics_data_set_and_report(shared):
    from pipeline.config import Tracking
    from pipeline.tracking import Store

    outputs, summary = shared
    store = Store(Tracking(), outputs)
    run = store.client.get_run(summary["run_id"])
    assert run.info.status == "FINISHED"
    assert run.data.params["cluster.k"] == "10"
    assert run.data.metrics["train/purity_score"] == summary["metrics"]["train/purity_score"]
    assert run.inputs.dataset_inputs[0].dataset.name == "mnist"
    assert {file.path for file in store.client.list_artifacts(run.info.run_id)} >= {
        "report.html",
        "figures",
        "summary.json",
    }
    children = store.children(run.info.run_id)
    assert [child.data.tags["pipeline.stage"] for child in children] == list(STEPS)
    assert all(child.data.metrics["peak_mib"] > 0 for child in children)


def test_the_same_run_again_reuses_every_stage(shared):
    outputs, first = shared
    again = execute_run(compose(*TINY, outputs=outputs), outputs / "again", [])
    assert all(stage["reused"] for stage in again["stages"].values())
    unequal = {k for k, v in first["metrics"].items() if again["metrics"][k] != v} - {"wall_seconds", "peak_mib"}
    assert not unequal
    assert (outputs / "again" / "report.html").read_bytes() == (outputs / "first" / "report.html").read_bytes()


@pytest.mark.slow
def test_another_clusterer_reuses_all_earlier_stages(shared):
    outputs, _ = shared
    words = [*(word for word in TINY if word != "cluster=kmeans"), "cluster=birch", "cluster.estimator.threshold=2.0"]
    stages = execute_run(compose(*words, outputs=outputs), outputs / "birch", [])["stages"]
    computed = {name for name, stage in stages.items() if not stage["reused"]}
    assert computed == {"cluster", "baselines", "evaluate", "report", "explorer"}


@pytest.mark.slow
def test_a_single_stage_computes_only_its_ancestors(outputs):
    stages = execute_run(compose(*TINY, "stage=cluster", outputs=outputs), outputs / "run", [])["stages"]
    assert set(stages) == {"data", "train", "refine", "extract", "neighbors", "manifold", "cluster"}
    stages = execute_run(compose(*TINY, "stage=[cluster,evaluate]", outputs=outputs), outputs / "run2", [])["stages"]
    assert stages["cluster"]["reused"]
    assert not stages["evaluate"]["reused"]


@pytest.mark.slow
def test_without_reuse_all_is_computed_again_with_equal_scores(shared):
    outputs, first = shared
    words = [*TINY, "tracking.reuse=false", "stage=evaluate"]
    again = execute_run(compose(*words, outputs=outputs), outputs / "anew", [])
    assert not any(stage["reused"] for stage in again["stages"].values())
    for name, value in again["metrics"].items():
        if name not in ("wall_seconds", "peak_mib"):
            assert value == first["metrics"][name], name


@pytest.mark.slow
def test_changed_input_files_are_read_again(outputs, tmp_path):
    rng = np.random.default_rng(0)
    file = tmp_path / "images.npz"
    words = [word for word in TINY if not word.startswith("data.")]
    config = compose(*words, "data=npz", f"data.path={file}", "neighbors.k=5", "stage=extract", outputs=outputs)
    np.savez(file, images=rng.random((40, 6, 6)))
    assert not execute_run(config, outputs / "a", [])["stages"]["extract"]["reused"]
    assert execute_run(config, outputs / "b", [])["stages"]["extract"]["reused"]
    np.savez(file, images=rng.random((41, 6, 6)))
    assert not execute_run(config, outputs / "c", [])["stages"]["extract"]["reused"]


@pytest.mark.slow
def test_without_labels_the_scores_that_need_them_are_left_out(outputs, tmp_path):
    np.save(tmp_path / "images.npy", np.random.default_rng(0).random((60, 6, 6)))
    words = [word for word in TINY if not word.startswith("data.")]
    words += ["data=npz", f"data.path={tmp_path / 'images.npy'}", "cluster.k=3", "neighbors.k=5"]
    metrics = execute_run(compose(*words, outputs=outputs), outputs / "run", [])["metrics"]
    assert "train/silhouette_score" in metrics
    assert "train/purity_score" not in metrics


def test_a_late_error_marks_the_run_as_failed(outputs):
    config = compose(*TINY, "project.n_components=2", "cluster.estimator.n_init=0", outputs=outputs)
    with pytest.raises(UserError, match=r"cluster\.estimator"):
        execute_run(config, outputs / "run", [])
    from pipeline.config import Tracking
    from pipeline.tracking import Store

    store = Store(Tracking(), outputs)
    runs = store.client.search_runs([store.experiment_id], "tags.`pipeline.kind` = 'execution'")
    assert [run.info.status for run in runs] == ["FAILED"]


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (["data=digits"], "digits"),
        (["data=image_folder", "data.path=scans/photos/"], "image_folder(photos)"),
        (["data=npz", "data.path=scans/cells.npz"], "npz(cells.npz)"),
    ],
    ids=["digits", "folder", "file"],
)
def test_a_run_name_starts_with_the_data(outputs, words, name):
    assert run_name(compose(*words, outputs=outputs)).startswith(f"{name} · patch64")


def test_the_data_of_a_path_that_is_the_working_folder_has_its_name(outputs, monkeypatch):
    (outputs / "pictures").mkdir()
    monkeypatch.chdir(outputs / "pictures")
    assert run_name(compose("data=image_folder", "data.path=.", outputs=outputs)).startswith("image_folder(pictures) ·")


def test_run_names_differ(outputs):
    assert run_name(compose(outputs=outputs)) == "mnist · patch64(64) · umap · gmm(10) · seed 42"
    refined = compose("refine=idec", "cluster.k=7", outputs=outputs)
    assert run_name(refined) == "mnist · patch64(64) · idec(7) · umap · gmm(7) · seed 42"
    assert (
        run_name(compose("model=pixels", "cluster=hdbscan", outputs=outputs))
        == "mnist · pixels · umap · hdbscan · seed 42"
    )


@pytest.mark.slow
def test_a_failure_to_log_models_is_a_note_of_a_stage_whose_result_is_stored(outputs, monkeypatch, capsys):
    def fail(*_):
        raise OSError("the model folder is full\nand more")

    monkeypatch.setattr(stored_results, "log_models", fail)
    words = [word for word in TINY if not word.startswith("tracking.models")]
    config = compose(*words, "stage=cluster", "tracking.git_commit=false", outputs=outputs)
    summary = execute_run(config, outputs / "first", [], observer=Console())
    note = "the result of cluster is stored, but its MLflow models could not be logged: the model folder is full"
    assert f"note: {note}\n" in capsys.readouterr().out
    assert not any(stage["reused"] for stage in summary["stages"].values())
    again = execute_run(config, outputs / "second", [])
    assert all(stage["reused"] for stage in again["stages"].values())
    run = Store(Tracking(), outputs).client.get_run(summary["stages"]["cluster"]["run_id"])
    assert (run.info.status, run.data.tags["note.models"]) == ("FINISHED", note)
