"""Finished runs extended by new images: of vectors with new groups, and of image files."""

import shutil

import numpy as np
import pandas as pd
import pytest

from pipeline.config import Tracking
from pipeline.runtime.errors import UserError
from pipeline.stages.extend import new_clusters
from pipeline.tracking import Store
from pipeline.workflow.execution import execute_run
from pipeline.workflow.finished_runs import find_run
from pipeline.workflow.run_action import run_action
from tests.digit_files import write_digit_files
from tests.helpers import TINY, compose

SETTINGS = tuple(word for word in TINY if not word.startswith(("data.", "model")))
FILES = ("data=image_folder", "data.image_size=12", "data.channels=1", "model=pixels", "neighbors.k=10")
STAGES = "stage=[data,train,refine,extract,neighbors,manifold,cluster,project,baselines,evaluate,report,explorer]"


@pytest.fixture(autouse=True)
def _no_umap(monkeypatch):
    from pipeline.embedding.methods import identity

    monkeypatch.setattr(new_clusters, "umap", lambda latents, graph, _, observer, seed: identity(latents, graph))


def newest(outputs):
    return find_run(Store(Tracking(), outputs), "last")


def extend(outputs, source, name="extended", *words):
    """Extend the newest run, and return the metrics and the new run."""
    metrics = run_action(compose("stage=extend", f"input={source}", *words, outputs=outputs), outputs / name, [])
    return metrics, newest(outputs)


@pytest.fixture(scope="module")
def outputs(tmp_path_factory, empty_store):
    """A finished run of 240 vectors in three groups, with all pages."""
    outputs = tmp_path_factory.mktemp("vectors")
    shutil.copy(empty_store, outputs / "mlflow.db")
    np.savez(outputs / "fit.npz", vectors=draw(100, 80, 60), y=np.repeat(range(3), (100, 80, 60)))
    words = ("data=vectors", f"data.path={outputs / 'fit.npz'}", "model=vectors", "neighbors.k=10", "cluster.k=3")
    execute_run(compose(*SETTINGS, *words, STAGES, outputs=outputs), outputs / "first", [])
    return outputs


def draw(*counts, seed=0):
    groups = np.repeat(np.arange(len(counts)), counts)
    noise = np.random.default_rng(seed).normal(size=(len(groups), 8))
    return (10 * np.eye(8)[groups] + noise).astype(np.float32)


@pytest.mark.slow
def test_a_run_is_extended_by_new_groups_and_once_more(outputs):
    base = newest(outputs)
    np.save(outputs / "new.npy", draw(20, 20, 20, 40, seed=1))
    metrics, run = extend(outputs, outputs / "new.npy")
    assert (metrics["extend/new_clusters"], metrics["extend/images_in_new_clusters"], metrics["k"]) == (1, 40, 4)
    images, labels, clustering = run.load("images", "labels", "clustering").values()
    assert images.n_fitted == len(clustering.fitted) == 340
    assert images.names("train")[240:242] == ["new.npy/0", "new.npy/1"]
    assert labels.fitted.tolist() == [*base.load("labels")["labels"].fitted, *[-1] * 100]
    stages, before = run.summary["stages"], base.summary["stages"]
    assert {name for name in stages if stages[name]["run_id"] == before[name]["run_id"]} == {
        "train", "refine", "baselines",
    }  # fmt: skip
    assert run.summary["data"]["images"] == 340
    for page in ("report.html", "explorer.html"):
        assert (outputs / "extended" / page).exists()
    table = pd.read_csv(outputs / "extended" / "extend.csv")
    assert table["cluster"].tolist() == clustering.fitted[240:].tolist()
    again, _ = extend(outputs, outputs / "new.npy", "again", "extend.redraw_map=true")
    assert (again["extend/new_clusters"], again["k"]) == (0, 4)
    assert newest(outputs).load("clustering")["clustering"].fitted[340:].tolist() == clustering.fitted[240:].tolist()


@pytest.mark.slow
def test_an_extended_run_is_used_like_any_other(outputs):
    run = newest(outputs)
    metrics = run_action(
        compose("stage=assign", f"input={outputs / 'new.npy'}", outputs=outputs), outputs / "assigned", []
    )
    assert metrics["assign/images"] == 100
    words = ("stage=recluster", "recluster.cluster=0", "recluster.k=2")
    assert run_action(compose(*words, outputs=outputs), outputs / "recluster", [])["k"] == run.metrics["k"] + 1


@pytest.mark.slow
@pytest.mark.parametrize("action", ["stability", "spaces"])
def test_actions_that_start_from_the_data_set_refuse_added_images(outputs, action):
    message = rf"^run: .* has \d+ images that stage=extend added, and stage={action} starts from the data set"
    with pytest.raises(UserError, match=message):
        run_action(compose(f"stage={action}", outputs=outputs), outputs / "refused", [])


@pytest.fixture(scope="module")
def digits(tmp_path_factory, empty_store):
    """A finished run of 120 files in train/, beside 30 in new/."""
    outputs = tmp_path_factory.mktemp("files")
    shutil.copy(empty_store, outputs / "mlflow.db")
    folder = write_digit_files(outputs / "digits", 120, 30)
    words = (*FILES, f"data.path={folder / 'train'}", "data.labels_from=folder", "stage=cluster")
    execute_run(compose(*SETTINGS, *words, outputs=outputs), outputs / "first", [])
    return outputs


@pytest.mark.slow
def test_files_are_added_by_their_paths_with_the_labels_of_their_folders(digits):
    _, run = extend(digits, digits / "digits" / "new")
    images, labels = run.load("images", "labels").values()
    assert images.n_fitted == 150
    names = images.names("train")[120:]
    assert all(name.startswith("../new/") for name in names)
    assert [labels.names[label] for label in labels.fitted[120:]] == [name.split("/")[2] for name in names]
    with pytest.raises(UserError, match=r"^input: all images of .*new are in run .* already; give new ones"):
        extend(digits, digits / "digits" / "new", "nothing")


@pytest.mark.slow
def test_files_of_the_run_are_left_out(digits):
    first = find_run(Store(Tracking(), digits), "last").summary["derived"]["from"]
    metrics, _ = extend(digits, digits / "digits", "both", f"run={first}")
    assert metrics["extend/images"] == 30


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["stage=extend"], r"^input: needs a value; give input=FOLDER_OR_FILE"),
        (["stage=extend", "input=nowhere"], r"^input: nowhere does not exist; give"),
        (["stage=extend", "input={empty}"], r"^input: .* holds no image"),
        (["stage=extend", "input={colour}"], r"^input: images in .* have 3 channels; the run's have 1"),
        (["stage=extend", "input=.", "extend.min_size=2"], r"^extend.min_size = 2: "),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_wrong_request_is_an_error(digits, tmp_path, words, message):
    np.save(tmp_path / "colour.npy", np.zeros((3, 12, 12, 3), np.uint8))
    (tmp_path / "empty").mkdir()
    paths = {"empty": tmp_path / "empty", "colour": tmp_path / "colour.npy"}
    with pytest.raises(UserError, match=message):
        run_action(compose(*(word.format(**paths) for word in words), outputs=digits), digits / "wrong", [])
    assert not (digits / "wrong").exists()
