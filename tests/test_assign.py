"""From a folder of pictures to clusters of new ones: the real command line, and the model that MLflow serves."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from pipeline import on_demand
from pipeline.assign import PARTS, Assigner
from pipeline.config import Assign, Tracking
from pipeline.data.new_images import NewImages, read_new_images
from pipeline.data.readers import read_digits
from pipeline.errors import UserError
from pipeline.finished import finished
from pipeline.run import execute
from pipeline.stages.assign import assign
from pipeline.tracking import Store
from tests.helpers import compose, environment, pipeline, summaries

SMALL = (
    "data=image_folder", "data.image_size=12", "data.channels=1", "data.labels_from=folder", "model=pixels",
    "neighbors.k=10", "manifold=none", "project=pca", "cluster=kmeans",
    "stage=[data,train,refine,extract,neighbors,manifold,cluster,project,evaluate]",
    "evaluate.silhouette_sample=200", "evaluate.trustworthiness_sample=50",
)  # fmt: skip


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    """A folder of digits as JPEGs, enlarged and coloured, of many sizes: 300 to fit in train/, 60 in new/."""
    folder, rng = tmp_path_factory.mktemp("digits"), np.random.default_rng(0)
    source = read_digits()
    for i in range(360):
        ink, paper = 0.5 * rng.random(3), 0.8 + 0.2 * rng.random(3)
        share = source.train[i, ..., None] / 255
        picture = Image.fromarray((255 * (share * ink + (1 - share) * paper)).astype(np.uint8))
        side = int(rng.integers(40, 70))
        file = folder / ("train" if i < 300 else "new") / str(source.train_labels[i]) / f"{i:04d}.jpg"
        file.parent.mkdir(parents=True, exist_ok=True)
        picture.resize((side, side), Image.Resampling.BICUBIC).save(file, quality=90)
    (folder / "train" / "broken.jpg").write_bytes(b"nonsense")
    return folder


@pytest.fixture(scope="module")
def run(digits, tmp_path_factory, empty_store):
    """A finished run on them."""
    import shutil

    outputs = tmp_path_factory.mktemp("outputs")
    shutil.copy(empty_store, outputs / "mlflow.db")
    answer = pipeline(*SMALL, f"data.path={digits / 'train'}", outputs=outputs)
    assert answer.returncode == 0, answer.stderr
    assert "1 of 301 pictures could not be read: broken.jpg" in answer.stdout
    return outputs


@pytest.fixture(scope="module")
def store(run):
    return Store(Tracking(), run)


@pytest.fixture(scope="module")
def parts(store):
    return finished(store, "last").load(*PARTS)


def newest(outputs, name):
    return max(outputs.rglob(name), key=lambda path: path.stat().st_mtime)


def test_new_pictures_get_clusters_as_a_table(run, digits, parts):
    answer = pipeline("stage=assign", f"input={digits / 'new'}", outputs=run)
    assert answer.returncode == 0, answer.stderr
    assert "assigned 60 images" in answer.stdout
    table = pd.read_parquet(newest(run / "runs", "assigned.parquet"))
    assert list(table.columns) == ["image", "cluster", "confidence", "distance", "far"]
    assert table["image"].tolist() == sorted(f"{f.parent.name}/{f.name}" for f in (digits / "new").rglob("*.jpg"))
    assert pd.read_csv(newest(run / "runs", "assigned.csv"))["cluster"].tolist() == table["cluster"].tolist()
    pictures = read_new_images(str(digits / "new"), (12, 12, 1))
    expected = assign(Assign(), pictures, **parts)
    pd.testing.assert_frame_equal(table, expected)


def test_it_is_an_execution_of_its_own_in_the_store_and_no_run_to_assign_with(run, store, digits):
    before = finished(store, "last").run_id
    on_demand.execute(compose("stage=assign", f"input={digits / 'new' / '3'}", outputs=run), run / "third", [])
    own = store.client.search_runs([store.experiment_id], "tags.`pipeline.kind` = 'assign'")[0]
    assert own.info.status == "FINISHED"
    assert own.data.tags["pipeline.used.0"] == before == finished(store, "last").run_id
    assert {file.path for file in store.client.list_artifacts(own.info.run_id)} == {"assigned.csv", "assigned.parquet"}
    assert own.data.metrics["assign/images"] == len(list((digits / "new" / "3").iterdir()))


def test_what_was_fitted_is_assigned_where_it_was_and_is_not_far(store, parts):
    images = finished(store, "last").load("images")["images"]
    table = assign(Assign(), NewImages(images.fitted, images.names("train")), **parts)
    assert (table["cluster"].to_numpy() == parts["clustering"].fitted).mean() > 0.99
    assert not table["far"].any()
    assert table["distance"].max() < 1e-3


def test_what_is_like_nothing_fitted_is_far(parts):
    noise = np.random.default_rng(0).integers(0, 256, (20, 12, 12, 1), np.uint8)
    table = assign(Assign(), NewImages(noise, [str(i) for i in range(20)]), **parts)
    assert table["far"].all()


def test_the_quantile_sets_how_far_is_far(parts, digits):
    pictures = read_new_images(str(digits / "new"), (12, 12, 1))
    share = [assign(Assign(far_quantile=q), pictures, **parts)["far"].mean() for q in (0.2, 0.9, 1.0)]
    assert share[0] > share[1] >= share[2]


def test_a_mistake_is_one_clear_message_and_status_2(run):
    answer = pipeline("stage=assign", "input=nowhere", outputs=run)
    assert answer.returncode == 2
    assert answer.stderr.startswith("error: input: nowhere does not exist; give")
    assert "Traceback" not in answer.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["stage=assign"], r"^input: needs a value"),
        (["stage=assign", "input=.", "run=ffff"], r"^run = 'ffff': is no finished run with clusters .* the newest: "),
        (["stage=[assign,cluster]", "input=."], r"^stage: assign uses a finished run and stands alone"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_cannot_be_done_is_said(run, words, said):
    with pytest.raises(UserError, match=said):
        on_demand.execute(compose(*words, outputs=run), run / "mistake", [])


def test_without_a_finished_run_it_says_what_to_do(outputs):
    with pytest.raises(UserError, match="holds no finished run with clusters; run python -m pipeline first"):
        on_demand.execute(compose("stage=assign", "input=.", outputs=outputs), outputs / "mistake", [])


def test_pictures_become_a_finished_label_file(run, digits):
    """The whole way: pick, a person who answers by the folders' names, and a label for each picture."""
    words = ["stage=label", "label.budget=40", "label.budgets=[10]", "label.draws=2"]
    metrics = on_demand.execute(compose(*words, outputs=run), run / "asked", [])
    assert metrics["label/picked_10"] > metrics["label/random_10"]
    assert (run / "asked" / "label.html").stat().st_size > 20_000
    picked = pd.read_csv(run / "asked" / "picked.csv")
    assert len(picked) == 40
    answers = run / "answers.csv"
    picked.assign(label=[name.split("/")[0] for name in picked["image"]]).to_csv(answers, index=False)
    given = pipeline("stage=label", f"label.answers={answers}", "label.simulate=false", outputs=run)
    assert given.returncode == 0, given.stderr
    assert "40 of them from your hand" in given.stdout
    labels = pd.read_parquet(newest(run / "runs", "labels.parquet"))
    assert len(labels) == 300
    assert labels["by_hand"].sum() == 40
    truth = labels["image"].str.split("/").str[0]
    assert (labels["label"] == truth)[~labels["by_hand"]].mean() > 0.75


def test_the_alias_follows_the_newest_execution(run, store, digits):
    stages = summaries(run)[0]["stages"]
    version = store.client.get_model_version_by_alias("latent-clustering", "newest")
    assert version.run_id == stages["cluster"]["run_id"]
    words = [*SMALL, f"data.path={digits / 'train'}"]
    execute(compose(*words, "cluster.k=4", outputs=run), run / "four", [])
    assert store.client.get_model_version_by_alias("latent-clustering", "newest").version != version.version
    execute(compose(*words, outputs=run), run / "again", [])
    again = store.client.get_model_version_by_alias("latent-clustering", "newest")
    assert again.version == version.version, "a reused clustering is no new version"


def test_the_registered_model_answers_over_http(run, store, digits):
    images = finished(store, "last").load("images")["images"]
    pictures = np.asarray(images.fitted[:5], np.float32) / 255
    expected = Assigner.of(**finished(store, "last").load(*PARTS))(pictures)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = ["models", "serve", "-m", "models:/latent-clustering@newest", "--env-manager", "local"]
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])  # it calls uvicorn by name
    server = subprocess.Popen(
        [sys.executable, "-m", "mlflow", *words, "-h", "127.0.0.1", "-p", str(port)],
        env=environment() | {"MLFLOW_TRACKING_URI": store.uri, "MLFLOW_DISABLE_TELEMETRY": "true", "PATH": path},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        _await(f"http://127.0.0.1:{port}/ping", server)
        body = json.dumps({"inputs": pictures.tolist()}).encode()
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}/invocations", body, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=60) as response:
            answer = pd.DataFrame(json.load(response)["predictions"])
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGTERM)
        server.wait(30)
    assert answer["cluster"].tolist() == expected["cluster"].tolist()
    assert answer["far"].tolist() == expected["far"].tolist()
    assert np.allclose(answer[["confidence", "distance"]], expected[["confidence", "distance"]], atol=1e-6)


def _await(address, server):
    """Wait until the server answers; it has as long as a slow machine may need."""
    for _ in range(600):
        assert server.poll() is None, "the server ended"
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise AssertionError("the server did not answer in time")
