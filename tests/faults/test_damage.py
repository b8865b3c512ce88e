"""Stored results that are damaged, missing, swapped or of an earlier version are reported and computed again."""

import hashlib
import json
import shutil

import pytest

from pipeline.config import Tracking
from pipeline.runtime.errors import UserError
from pipeline.tracking import Store
from pipeline.workflow.execution import execute_run
from pipeline.workflow.finished_runs import find_run
from tests.faults.in_process import EventLog, error_message
from tests.helpers import compose

OVERRIDES = (
    "data=digits", "data.train_size=60", "model=pca", "model.latent_dim=8", "manifold=none", "project=pca",
    "cluster=kmeans", "cluster.k=4", "neighbors.k=5", "evaluate.trustworthiness_k=5", "baselines.sample=20",
    "tracking.models=false", "tracking.git_commit=false", "report.dpi=30", "report.thumbnails=20",
    "report.examples=2", "report.reconstructions=3",
)  # fmt: skip


def run(outputs, *overrides, observer=None):
    return execute_run(compose(*OVERRIDES, *overrides, outputs=outputs), outputs / "run", [], observer=observer)


@pytest.fixture(scope="module")
def clustered(tmp_path_factory, empty_store):
    """The outputs folder of a run up to the clusters, and its summary."""
    outputs = tmp_path_factory.mktemp("damage")
    shutil.copy(empty_store, outputs / "mlflow.db")
    return outputs, run(outputs, "stage=cluster")


@pytest.fixture(scope="module")
def runs_of_all_stages(tmp_path_factory, empty_store):
    """The outputs folder of two runs of all stages with different seeds, and their summaries."""
    outputs = tmp_path_factory.mktemp("damage")
    shutil.copy(empty_store, outputs / "mlflow.db")
    return outputs, run(outputs), run(outputs, "seed=1")


def stage_folders(outputs, summary):
    """The artifact folder of each stage's run."""
    store = Store(Tracking(), outputs)
    return {name: store.local(stage["run_id"], "") for name, stage in summary["stages"].items()}


def truncate(file, other_file):
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def flip_bit(file, other_file):
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def delete(file, other_file):
    file.unlink()


def swap(file, other_file):
    shutil.copy(other_file, file)


def swap_all(folder, other_folder):
    """Replace the folder of a stage, its list of checksums included."""
    shutil.rmtree(folder)
    shutil.copytree(other_folder, folder)


def scores(summary):
    return {name: value for name, value in summary["metrics"].items() if name not in ("wall_seconds", "peak_mib")}


UNSEEDED_STAGES = {"data", "train", "refine", "extract", "neighbors", "manifold"}
"""Their results are the same for both seeds: swapping their files does no harm."""


DAMAGES = (flip_bit, swap_all, truncate, delete, swap)


@pytest.mark.slow
@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_results_are_reported_and_computed_again(runs_of_all_stages, damage):
    outputs, first, other = runs_of_all_stages
    current = run(outputs)  # repairs what an earlier case damaged
    other_folders = stage_folders(outputs, other)
    for name, folder in stage_folders(outputs, current).items():
        if damage is swap_all:
            swap_all(folder, other_folders[name])
            continue
        for file in sorted((folder / "result").rglob("*")):
            if file.is_file() and file.stat().st_size:
                damage(file, other_folders[name] / file.relative_to(folder))
    log = EventLog()
    repaired = run(outputs, observer=log)
    reused = {name for name, stage in repaired["stages"].items() if stage["reused"]}
    assert reused <= (UNSEEDED_STAGES if damage in (swap, swap_all) else set())
    for name in repaired["stages"].keys() - reused:
        run_id = current["stages"][name]["run_id"]
        expected = f"  the stored result of {name} (run {run_id}) is damaged or missing; computing it again"
        assert expected in log.lines
    assert scores(repaired) == scores(first)


@pytest.mark.slow
@pytest.mark.parametrize(
    "change",
    [
        lambda folder: (folder / "estimator.skops").unlink(),
        lambda folder: (folder / "artifact.json").write_text('{"colour": "red"}'),
    ],
    ids=["no estimator", "unknown field"],
)
def test_artifact_of_an_earlier_version_is_reported(clustered, change):
    outputs, _ = clustered
    summary = run(outputs, "stage=cluster")
    finished = find_run(Store(Tracking(), outputs), summary["run_id"])
    folder = stage_folders(outputs, summary)["cluster"] / "result" / "clustering"
    finished.store.client.delete_tag(summary["stages"]["cluster"]["run_id"], "pipeline.checksums")  # as in early runs
    change(folder)
    files = [path for path in folder.rglob("*") if path.is_file()]
    digests = {str(path.relative_to(folder.parent)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    (folder.parent.parent / "checksums.json").write_text(json.dumps(digests))
    message = error_message(finished.load, "clustering")
    expected = f"run: the clustering of {summary['run_id']} were computed by an earlier version; run the stage again: "
    assert message.startswith(expected)
    shutil.rmtree(folder)  # the next run computes it again


@pytest.mark.slow
def test_damaged_summary_is_reported(clustered):
    outputs, summary = clustered
    store = Store(Tracking(), outputs)
    store.local(summary["run_id"], "summary.json").write_text('{"metrics"')
    with pytest.raises(UserError, match=r"^run: .* has no readable summary\.json"):
        find_run(store, summary["run_id"]).load("clustering")
