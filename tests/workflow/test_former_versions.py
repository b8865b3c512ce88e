"""Results of earlier versions are read, and one line says what is computed again, and why."""

import shutil

import numpy as np
import pytest

from pipeline.config import Tracking
from pipeline.runtime.observer import RunObserver
from pipeline.tracking import FINGERPRINT, Store
from pipeline.workflow.execution import execute_run
from pipeline.workflow.finished_runs import find_run
from pipeline.workflow.former_results import explain_recomputation
from pipeline.workflow.recipe import STEPS
from pipeline.workflow.run_action import run_action
from tests.helpers import compose
from tests.tracking.stores import SETTINGS, unpack_store

ARTIFACTS = ("images", "labels", "autoencoder", "latents", "graph", "features", "clustering", "map", "scores")


class Log(RunObserver):
    """Remembers what is printed."""

    def __init__(self):
        self.lines, self.warnings = [], []

    def message(self, text):
        self.lines.append(text)

    def warning(self, text):
        self.warnings.append(text)


@pytest.fixture(scope="module", params=["0.1", "0.2"])
def upgraded(request, tmp_path_factory):
    """The results folder of an earlier version, in another place than it was written to, opened once."""
    folder = unpack_store(request.param, tmp_path_factory.mktemp("former"))
    Store(Tracking(), folder)
    return folder


@pytest.fixture
def former(upgraded, tmp_path):
    """A copy of the results folder."""
    return shutil.copytree(upgraded, tmp_path / "outputs")


def test_a_run_of_an_earlier_version_is_read(former):
    run = find_run(Store(Tracking(), former), "last")
    parts = run.load(*ARTIFACTS)
    assert parts["images"].fitted.shape == (60, 8, 8, 1)
    assert np.bincount(parts["clustering"].fitted).sum() == 60
    assert parts["clustering"].k == 4
    assert run.metrics["train/purity_score"] == parts["scores"].values["train/purity_score"]


@pytest.mark.slow
def test_an_action_uses_a_run_of_an_earlier_version(former):
    words = ("how_many.k_min=2", "how_many.k_max=3", "how_many.bootstraps=2", "how_many.references=2")
    metrics = run_action(compose("stage=how_many", *words, outputs=former), former / "action", [])
    assert metrics


def test_a_new_run_says_what_it_computes_again_and_leaves_the_former_one(former):
    log, store = Log(), Store(Tracking(), former)
    before = find_run(store, "last")
    words = (*SETTINGS, "stage=cluster")
    summary = execute_run(compose(*words, outputs=former), former / "new", [], observer=log)
    notes = [line for line in log.warnings if "computed again" in line]
    computed = [name for name, stage in summary["stages"].items() if not stage["reused"]]
    assert len(notes) == bool(computed)
    if computed:
        assert f"{computed[0]} and the stages that depend on it are computed again: run {before.run_id} has" in notes[0]
    assert find_run(store, before.run_id).load("clustering")["clustering"].k == 4


@pytest.fixture
def outputs(tmp_path, empty_store):
    shutil.copy(empty_store, tmp_path / "mlflow.db")
    return tmp_path


@pytest.mark.slow
def test_the_reason_names_what_differs(outputs):
    config = compose(*SETTINGS, "stage=extract", outputs=outputs)
    summary = execute_run(config, outputs / "run", [])
    store = Store(Tracking(), outputs)

    def explain(fingerprint="other", **tags):
        for key, value in tags.items():
            store.client.set_tag(summary["run_id"], f"version.{key}", value)
        return explain_recomputation(config, STEPS["extract"], fingerprint, store)

    begin = (
        f"extract and the stages that depend on it are computed again: run {summary['run_id']} has the same settings, "
    )
    stage_tags = store.client.get_run(summary["stages"]["extract"]["run_id"]).data.tags
    assert explain(stage_tags[FINGERPRINT]) is None
    assert explain() == f"{begin}but its code or its input files have changed"
    assert explain(numpy="1.0", pipeline="0.1.9").startswith(f"{begin}but with pipeline 0.1.9 instead of ")
    assert ", numpy 1.0 instead of " in explain()
    store.client.delete_tag(summary["run_id"], "version.pipeline")
    assert explain() == f"{begin}but an earlier version of this program computed it"
    other = compose(*SETTINGS, "model.latent_dim=9", outputs=outputs)
    assert explain_recomputation(other, STEPS["extract"], "other", store) is None
    more = compose(*SETTINGS, "+train.optimizer.beta_1=0.8", outputs=outputs)
    assert explain_recomputation(more, STEPS["extract"], "other", store) is None, "an argument that the run lacks"
    assert explain_recomputation(other, STEPS["data"], "other", store) is not None
    assert explain_recomputation(config, STEPS["cluster"], "other", store) is None, "the run has no such stage"
    stage_id = summary["stages"]["extract"]["run_id"]
    store.client.delete_run(stage_id)
    store.client._tracking_client.store._hard_delete_run(stage_id)  # what `mlflow gc` does
    assert explain() is None
