"""Stored results that are damaged, gone, another run's or another version's: said in a line and computed anew."""

import hashlib
import json
import shutil

import pytest

from pipeline.config import Tracking
from pipeline.errors import UserError
from pipeline.finished import finished
from pipeline.run import execute
from pipeline.tracking import Store
from tests.faults.asking import said
from tests.helpers import compose

WORDS = (
    "data=digits", "data.train_size=60", "model=pca", "model.latent_dim=8", "manifold=none", "project=pca",
    "cluster=kmeans", "cluster.k=4", "neighbors.k=5", "evaluate.trustworthiness_k=5", "nulls.sample=20",
    "tracking.models=false", "tracking.git_commit=false", "report.dpi=30",
)  # fmt: skip


def go(outputs, *words):
    return execute(compose(*WORDS, *words, outputs=outputs), outputs / "run", [])


@pytest.fixture(scope="module")
def runs(tmp_path_factory, empty_store):
    """A run, and one of another seed, in one store."""
    outputs = tmp_path_factory.mktemp("damage")
    shutil.copy(empty_store, outputs / "mlflow.db")
    return outputs, go(outputs), go(outputs, "seed=1")


def results(outputs, summary):
    """The artifact folder of each stage's run."""
    store = Store(Tracking(), outputs)
    return {name: store.local(stage["run_id"], "") for name, stage in summary["stages"].items()}


def truncate(file):
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def flip(file):
    raw = bytearray(file.read_bytes())
    raw[len(raw) // 2] ^= 1
    file.write_bytes(raw)


def scores(summary):
    return {name: value for name, value in summary["metrics"].items() if name not in ("wall_seconds", "peak_mib")}


@pytest.mark.parametrize("harm", ["truncate", "flip", "delete", "replace", "replace all"])
def test_every_damaged_result_is_said_and_computed_anew(runs, capsys, harm):
    outputs, first, other = runs
    current = go(outputs)  # whatever the case before has left is whole again
    theirs = results(outputs, other)
    for name, folder in results(outputs, current).items():
        files = sorted(path for path in (folder / "result").rglob("*") if path.is_file())
        if harm == "replace all":  # with the list that names them
            shutil.rmtree(folder)
            shutil.copytree(theirs[name], folder)
        for file in files if harm != "replace all" else []:
            if harm == "replace":
                shutil.copy(theirs[name] / file.relative_to(folder), file)
            elif file.stat().st_size:
                {"truncate": truncate, "flip": flip, "delete": lambda path: path.unlink()}[harm](file)
    capsys.readouterr()
    again = go(outputs)
    told = capsys.readouterr().out
    # Where another seed changes nothing, its files are the same and do no harm.
    same = {name for name, stage in again["stages"].items() if stage["reused"]}
    assert same <= ({"data", "train", "refine", "extract", "neighbors", "manifold"} if "replace" in harm else set())
    for name in set(again["stages"]) - same:
        assert f"the stored {name} of run {current['stages'][name]['run_id']} is damaged or gone" in told
    assert scores(again) == scores(first)


def test_results_of_another_version_are_told_to_be(runs):
    outputs, *_ = runs
    summary = go(outputs)
    run = finished(Store(Tracking(), outputs), summary["run_id"])
    folder = results(outputs, summary)["cluster"] / "result" / "clustering"
    run.store.client.delete_tag(summary["stages"]["cluster"]["run_id"], "pipeline.checksums")  # older runs have none
    for name, harm in {
        "no estimator": lambda: (folder / "estimator.skops").unlink(),
        "an unknown field": lambda: (folder / "artifact.json").write_text('{"colour": "red"}'),
    }.items():
        harm()
        listed = {
            str(path.relative_to(folder.parent)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in folder.rglob("*")
        }
        (folder.parent.parent / "checksums.json").write_text(json.dumps(listed))
        told = said(run.load, "clustering")
        assert told.startswith(f"run: the clustering of {summary['run_id']} were written by another version"), name


def test_a_summary_that_is_damaged_is_told_to_be(runs):
    outputs, _, other = runs
    store = Store(Tracking(), outputs)
    store.local(other["run_id"], "summary.json").write_text('{"metrics"')
    with pytest.raises(UserError, match=r"^run: .* has no readable summary\.json"):
        finished(store, other["run_id"]).load("clustering")
