"""The stage `assign`: new images and a finished run in, a table out."""

import io
import shutil
from types import SimpleNamespace

import pandas as pd
import pyarrow as pa
import pytest
from PIL import Image
from pyarrow import parquet

from pipeline.config import Assign, Tracking
from pipeline.data.new_images import NewImages, read_new_images
from pipeline.models.assigner import PARTS
from pipeline.models.baselines import PixelModel
from pipeline.runtime.errors import UserError
from pipeline.stages.assign import assign
from pipeline.tracking import Store
from pipeline.workflow.execution import execute_run
from pipeline.workflow.finished_runs import find_run
from pipeline.workflow.image_actions import input_format
from pipeline.workflow.run_action import run_action
from tests.digit_files import write_digit_files
from tests.helpers import compose, pipeline

RUN = (
    "data=image_folder", "data.image_size=12", "data.channels=1", "data.labels_from=folder", "model=pixels",
    "neighbors.k=10", "manifold=none", "project=pca", "cluster=kmeans", "cluster.estimator.n_init=3",
    "stage=cluster", "tracking.models=false", "tracking.git_commit=false",
)  # fmt: skip


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    """150 files to fit in train/ and 30 in new/."""
    return write_digit_files(tmp_path_factory.mktemp("digits"), 150, 30)


@pytest.fixture(scope="module")
def finished(digits, tmp_path_factory, empty_store):
    """The outputs folder of a finished run on the images in train/."""
    outputs = tmp_path_factory.mktemp("outputs")
    shutil.copy(empty_store, outputs / "mlflow.db")
    execute_run(compose(*RUN, f"data.path={digits / 'train'}", outputs=outputs), outputs / "first", [])
    return outputs


@pytest.fixture(scope="module")
def store(finished):
    return Store(Tracking(), finished)


@pytest.fixture(scope="module")
def parts(store):
    return find_run(store, "last").load(*PARTS)


@pytest.fixture(scope="module")
def new_images(digits):
    return read_new_images(str(digits / "new"), (12, 12, 1))


def test_the_table_has_a_row_for_each_image(parts, new_images, digits, recorder):
    table = assign(Assign(), new_images, **parts, observer=recorder)
    assert list(table.columns) == ["image", "cluster", "confidence", "distance", "far"]
    assert table["image"].tolist() == sorted(f"{f.parent.name}/{f.name}" for f in (digits / "new").rglob("*.jpg"))
    assert set(table["cluster"]) <= set(range(parts["clustering"].k))
    assert table["confidence"].between(0, 1).all()
    assert recorder.steps == [(30, 30)]


def test_fitted_images_get_their_own_cluster_and_are_not_far(store, parts):
    images = find_run(store, "last").load("images")["images"]
    table = assign(Assign(), NewImages(images.fitted, images.names("train")), **parts)
    assert (table["cluster"].to_numpy() == parts["clustering"].fitted).mean() > 0.99
    assert not table["far"].any()


def test_a_smaller_quantile_calls_more_images_far(parts, new_images):
    shares = [assign(Assign(far_quantile=q), new_images, **parts)["far"].mean() for q in (0.2, 0.9, 1.0)]
    assert shares[0] > shares[1] >= shares[2]


def test_the_action_writes_the_table_and_logs_it_to_a_run(finished, store, digits, parts, new_images):
    before = find_run(store, "last").run_id
    run_action(compose("stage=assign", f"input={digits / 'new'}", outputs=finished), finished / "assigned", [])
    expected = assign(Assign(), new_images, **parts)
    pd.testing.assert_frame_equal(pd.read_parquet(finished / "assigned" / "assigned.parquet"), expected)
    csv = pd.read_csv(finished / "assigned" / "assigned.csv")
    assert csv["cluster"].tolist() == expected["cluster"].tolist()
    (run,) = store.client.search_runs([store.experiment_id], "tags.`pipeline.kind` = 'assign'")
    assert run.info.status == "FINISHED"
    assert run.data.tags["pipeline.used.0"] == before == find_run(store, "last").run_id
    assert {file.path for file in store.client.list_artifacts(run.info.run_id)} == {"assigned.csv", "assigned.parquet"}
    assert run.data.metrics["assign/images"] == 30


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["stage=assign"], r"^input: needs a value"),
        (["stage=assign", "input=nowhere"], r"^input: nowhere does not exist; give"),
        (["stage=assign", "input=.", "run=ffff"], r"^run = 'ffff': "),
        (["stage=[assign,cluster]", "input=."], r"^stage: assign "),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_wrong_request_is_an_error(finished, words, message):
    with pytest.raises(UserError, match=message):
        run_action(compose(*words, outputs=finished), finished / "wrong", [])


def test_without_a_finished_run_the_error_says_what_to_do(outputs):
    with pytest.raises(UserError, match="no finished run with clusters; run python -m pipeline first"):
        run_action(compose("stage=assign", "input=.", outputs=outputs), outputs / "wrong", [])


@pytest.mark.slow
def test_the_command_line_assigns_images(finished, digits):
    answer = pipeline("stage=assign", f"input={digits / 'new'}", outputs=finished)
    assert answer.returncode == 0, answer.stderr
    assert "assigned 30 images" in answer.stdout
    answer = pipeline("stage=assign", "input=nowhere", outputs=finished)
    assert answer.returncode == 2
    assert answer.stderr.startswith("error: input: nowhere does not exist; give")
    assert "Traceback" not in answer.stderr


@pytest.mark.parametrize(("settings", "column"), [({"image_column": "img"}, "img"), ({}, "auto")])
def test_actions_read_new_images_by_the_column_of_the_run(images, settings, column):
    artifacts = {"images": images, "autoencoder": PixelModel(images.shape)}
    run = SimpleNamespace(load=lambda *_: artifacts, summary={"config": {"data": settings}})
    shape, skip_at_most, rules = input_format(run)
    assert (shape, skip_at_most, rules.image_column) == (images.shape, 20, column)


@pytest.mark.slow
def test_new_parquet_files_are_read_by_the_column_of_the_run(tmp_path, empty_store, images):
    shutil.copy(empty_store, tmp_path / "mlflow.db")
    (tmp_path / "in").mkdir()
    cells = []
    for image in images.fitted[:40]:
        Image.fromarray(image[..., 0]).save(file := io.BytesIO(), "PNG")
        cells.append(file.getvalue())
    table = pa.table({"img": cells, "digit": ["a", "b"] * 20, "label": [[1]] * 40})
    parquet.write_table(table, tmp_path / "in" / "fit.parquet")
    words = ["data=parquet", "data.image_column=img", "data.label_column=digit", "model=pixels", "neighbors.k=5"]
    words += ["manifold=none", "project=pca", "cluster=kmeans", "cluster.k=3", "stage=cluster", "tracking.models=false"]
    execute_run(compose(*words, f"data.path={tmp_path / 'in'}", outputs=tmp_path), tmp_path / "first", [])
    clusters = find_run(Store(Tracking(), tmp_path), "last").load("clustering")["clustering"].fitted
    for action in ("assign", "shards"):
        run_action(compose(f"stage={action}", f"input={tmp_path / 'in'}", outputs=tmp_path), tmp_path / action, [])
    assigned = pd.read_parquet(tmp_path / "assign" / "assigned.parquet")
    (shard,) = tmp_path.rglob("assigned/fit.parquet.parquet")
    for result in (assigned, pd.read_parquet(shard)):
        assert result["cluster"].tolist() == clusters.tolist()


@pytest.mark.slow
def test_held_out_images_are_assigned_as_they_were_scored(tmp_path, digits, empty_store):
    """Also by a clusterer that cannot predict, so that neighbours vote."""
    for part, folder in (("train", "train"), ("test", "new")):
        shutil.copytree(digits / folder, tmp_path / "images" / part)
    shutil.copy(empty_store, tmp_path / "mlflow.db")
    words = [*(word for word in RUN if not word.startswith("cluster")), "cluster=agglomerative", "cluster.k=8"]
    execute_run(compose(*words, f"data.path={tmp_path / 'images'}", outputs=tmp_path), tmp_path / "first", [])
    clustering = find_run(Store(Tracking(), tmp_path), "last").load("clustering")["clustering"]
    run_action(
        compose("stage=assign", f"input={tmp_path / 'images' / 'test'}", outputs=tmp_path), tmp_path / "second", []
    )
    assigned = pd.read_parquet(tmp_path / "second" / "assigned.parquet")
    assert len(assigned) == len(clustering.held_out) == 30
    assert assigned["cluster"].tolist() == clustering.held_out.tolist()
    assert assigned["confidence"].to_numpy() == pytest.approx(clustering.held_confidence, abs=1e-6)
