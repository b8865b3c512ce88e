"""Runs derived from finished ones by edits: chained, refused for other runs, and used by other actions."""

import json
import os
import platform
import shutil
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from pipeline.clustering.metrics import score_clustering
from pipeline.config import Tracking
from pipeline.pages.edited_tables import EditedTables
from pipeline.runtime import processes
from pipeline.runtime.errors import UserError
from pipeline.runtime.file_digest import file_digest
from pipeline.tracking import DERIVED_FROM, Run, Store
from pipeline.workflow import execution_record
from pipeline.workflow.derived_run import DerivedRun
from pipeline.workflow.execution import execute_run
from pipeline.workflow.finished_runs import find_run
from pipeline.workflow.run_action import run_action
from tests.helpers import TINY, compose

VARYING_METRICS = {"wall_seconds", "peak_mib"}
STAGES = "stage=[data,train,refine,extract,neighbors,manifold,cluster,project,baselines,evaluate,explorer]"


@pytest.fixture(scope="module")
def outputs(tmp_path_factory, empty_store):
    """A finished run of 400 digits in five clusters, with scores and the explorer."""
    outputs = tmp_path_factory.mktemp("derived")
    shutil.copy(empty_store, outputs / "mlflow.db")
    execute_run(compose(*TINY, "cluster.k=5", STAGES, outputs=outputs), outputs / "first", [])
    return outputs


@pytest.fixture(scope="module")
def base(outputs):
    return find_run(Store(Tracking(), outputs), "last")


def write_edits(outputs, run, *edits, **changes) -> Path:
    """A file of edits of a run's clusters."""
    content = {"version": 1, "clustering": run.load("clustering")["clustering"].digest, "run_id": run.run_id}
    file = outputs / "edits.json"
    file.write_text(json.dumps(content | {"edits": list(edits)} | changes))
    return file


def apply(outputs, file, name="edited", *words):
    """Apply the edits and return the new run."""
    run_action(
        compose("stage=edit", f"edits={file}", "tracking.models=false", *words, outputs=outputs), outputs / name, []
    )
    return find_run(Store(Tracking(), outputs), "last")


def test_edits_give_a_finished_run_with_the_scores_that_they_imply(outputs, base):
    artifacts = base.load("clustering", "labels", "images")
    clusters, truth = np.array(artifacts["clustering"].fitted), artifacts["labels"].fitted
    names = artifacts["images"].names("train")
    moves = {"action": "move", "images": names[:7], "cluster": 2}
    file = write_edits(outputs, base, {"action": "merge", "clusters": [4, 3]}, moves)
    run = apply(outputs, file)
    clusters[clusters == 3] = 4
    clusters[:7] = 2
    expected = score_clustering(truth, clusters)
    assert run.metrics["train/accuracy_score"] == expected["accuracy_score"]
    assert run.metrics["train/nmi_score"] == pytest.approx(expected["nmi_score"])
    assert run.metrics["k"] == 4
    stages, before = run.summary["stages"], base.summary["stages"]
    assert {name for name in stages if stages[name]["run_id"] != before[name]["run_id"]} == {
        "cluster", "evaluate", "explorer",
    }  # fmt: skip
    assert run.summary["derived"]["from"] == base.run_id
    data = run.store.client.get_run(run.run_id).data
    assert data.tags[DERIVED_FROM] == base.run_id
    assert data.params == run.store.client.get_run(base.run_id).data.params
    assert (outputs / "edited" / "explorer.html").exists()
    assert find_run(run.store, base.run_id).metrics == base.metrics


@pytest.mark.slow
def test_edits_belong_to_the_run_whose_page_saved_them(outputs, base):
    file = write_edits(outputs, base, {"action": "rename", "cluster": 0, "name": "zero"})
    named = apply(outputs, file, "named")
    assert named.load("clustering")["clustering"].names[0] == "zero"
    with pytest.raises(UserError, match=f"belong to the clusters of run {base.run_id}, not to those of {named.run_id}"):
        apply(outputs, file, "again", f"run={named.run_id}")
    chained = apply(outputs, write_edits(outputs, named, {"action": "merge", "clusters": [0, 1]}), "chained")
    clustering = chained.load("clustering")["clustering"]
    assert clustering.k == 4
    assert "zero" in clustering.names
    assert apply(outputs, file, "named again").run_id != named.run_id  # of the base again, although it is not the last


class Killed(BaseException):
    """Ends a run as SIGKILL does: nothing marks its runs in the store."""


@contextmanager
def killed_at(monkeypatch, owner, function):
    """Kill the process, as the store sees it, when `function` is called."""
    is_killed = False

    def kill(*args, **kwargs):
        nonlocal is_killed
        is_killed = True
        raise Killed

    finish = Run.finish
    with monkeypatch.context() as patch:
        patch.setattr(owner, function, kill)
        patch.setattr(Run, "finish", lambda run, status: None if is_killed else finish(run, status))
        patch.setattr(processes, "process_tag", lambda: f"{platform.node()}:{os.getpid()}:0")  # of a dead process
        yield


@pytest.mark.slow
def test_killed_edits_lose_nothing_and_are_applied_by_the_same_command(outputs, base, monkeypatch):
    """Killed while the clusters are stored, while the pages are written, and after the new run has finished."""
    edits = [{"action": "rename", "cluster": 2, "name": "two"}, {"action": "split", "cluster": 0, "parts": 2}]
    file = write_edits(outputs, base, *edits)
    existing = [path for path in outputs.rglob("*") if path.is_file() and not path.name.startswith("mlflow.db")]
    before = {path: file_digest(path) for path in existing}
    newest, client = find_run(base.store, "last").run_id, base.store.client
    moments = [(Store, "store_result"), (execution_record, "link_pages"), (EditedTables, "save")]
    for owner, function in moments:
        with killed_at(monkeypatch, owner, function), pytest.raises(Killed):
            apply(outputs, file, function)
        assert not (outputs / function / "summary.json").exists() or function == "save"
        assert (find_run(base.store, "last").run_id == newest) == (function != "save")
    finished_before_the_kill = find_run(base.store, "last")
    run = apply(outputs, file, "repeated")
    assert run.load("clustering")["clustering"].digest != base.load("clustering")["clustering"].digest
    assert run.load("clustering")["clustering"].names.count("two") == 1
    assert (outputs / "repeated" / "changes.csv").exists()
    same = [{name: value for name, value in each.metrics.items() if name not in VARYING_METRICS}
            for each in (run, finished_before_the_kill)]  # fmt: skip
    assert same[0] == same[1]
    assert not client.search_runs([base.store.experiment_id], "attributes.status = 'RUNNING'")
    assert {path: file_digest(path) for path in existing} == before


@pytest.mark.slow
def test_an_edited_run_is_used_like_any_other(outputs, base):
    run = apply(outputs, write_edits(outputs, base, {"action": "merge", "clusters": [0, 1]}), "merged")
    parts = run.load("clustering", "images")
    np.save(outputs / "new.npy", parts["images"].fitted[:20])
    words = ("stage=assign", f"input={outputs / 'new.npy'}", f"run={run.run_id}")
    metrics = run_action(compose(*words, outputs=outputs), outputs / "assigned", [])
    assert metrics["assign/images"] == 20
    table = (outputs / "assigned" / "assigned.csv").read_text().splitlines()[1:]
    assert [int(line.split(",")[1]) for line in table] == parts["clustering"].fitted[:20].tolist()
    words = ("stage=compare", f"runs=[{base.run_id},{run.run_id}]")
    assert run_action(compose(*words, outputs=outputs), outputs / "compared", [])["compare/ari"] < 1


@pytest.mark.slow
def test_one_cluster_is_clustered_again(outputs, base):
    words = (f"run={base.run_id}", "stage=recluster", "recluster.cluster=1", "recluster.k=3", "tracking.models=false")
    metrics = run_action(compose(*words, outputs=outputs), outputs / "recluster", [])
    assert metrics["k"] == 7
    run = find_run(Store(Tracking(), outputs), "last")
    clusters, before = (each.load("clustering")["clustering"].fitted for each in (run, base))
    assert len(set(clusters[before == 1])) == 3
    for cluster in (0, 2, 3, 4):
        assert len(set(clusters[before == cluster])) == 1


def test_numbers_of_clusters_are_shown_without_decimals():
    inner = SimpleNamespace(summary_lines=list)
    run = DerivedRun(inner, "1", {"k": 1.0, "coverage": 1.0}, {"k": 0.0, "coverage": 0.5}, {})
    assert [line.split() for line in run.summary_lines()[:2]] == [
        ["k", "1", "→", "0"], ["coverage", "1.0000", "→", "0.5000"],
    ]  # fmt: skip


@pytest.mark.parametrize("word", ["recluster.k=3", "recluster.cluster=5"])
def test_a_cluster_that_does_not_exist_is_an_error(outputs, base, word):
    with pytest.raises(
        UserError, match=r"^recluster\.cluster = (None|5): give a cluster of the run, a number from 0 to 4"
    ):
        run_action(compose(f"run={base.run_id}", "stage=recluster", word, outputs=outputs), outputs / "no", [])
