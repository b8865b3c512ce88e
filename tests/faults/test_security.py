"""What comes from elsewhere is data and never code; what is shown is text; nothing leaves its place or the machine."""

import ast
import json
import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from pipeline import estimators
from pipeline.artifacts import Clustering
from pipeline.config import Cluster, Compare, Label, Tracking
from pipeline.errors import UserError
from pipeline.models.base import Autoencoder
from pipeline.paths import PACKAGE
from pipeline.stages.cluster import cluster
from pipeline.tracking import Store
from tests.faults.asking import config, run
from tests.faults.bad_data import png
from tests.helpers import environment

CALLS = [
    (path.relative_to(PACKAGE).as_posix(), node)
    for path in sorted(PACKAGE.rglob("*.py"))
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    if isinstance(node, ast.Call)
]
IMPORTS = {
    name
    for path in PACKAGE.rglob("*.py")
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    for name in (
        [alias.name for alias in node.names]
        if isinstance(node, ast.Import)
        else [str(node.module)]
        if isinstance(node, ast.ImportFrom)
        else []
    )
}


def keywords(call):
    return {keyword.arg: getattr(keyword.value, "value", None) for keyword in call.keywords}


# What is loaded


def test_nothing_unpickles():
    packages = {name.split(".")[0] for name in IMPORTS}
    assert not packages & {"pickle", "joblib", "cloudpickle", "dill", "marshal", "shelve", "yaml"}
    named = [(file, ast.unparse(call.func), keywords(call)) for file, call in CALLS]
    loads = [(file, given) for file, name, given in named if name == "np.load"]
    assert len(loads) >= 4
    assert all(given.get("allow_pickle") is False for _, given in loads), loads
    models = [given for _, name, given in named if name.endswith("load_model")]
    assert [given.get("safe_mode") for given in models] == [True]
    assert not [file for file, name, given in named if name in ("eval", "exec") or given.get("shell")]


class Stranger:
    """An estimator of nobody's package."""

    def fit_predict(self, points):
        self.labels_ = np.arange(len(points)) % 2
        return self.labels_

    def predict(self, points):
        return np.full(len(points), 1)


def test_an_estimator_comes_back_only_if_its_types_are_trusted(tmp_path, blobs):
    from skops import io

    foreign = io.dumps(Stranger())
    with pytest.raises(estimators.RefusedError, match=r"test_security\.Stranger, which is not loaded"):
        estimators.loads(foreign)
    assert not estimators.storable(Stranger())
    found = cluster(config("cluster=kmeans", "cluster.k=3").cluster, blobs.features, blobs.graph, blobs.latents)
    found.save(tmp_path)
    (tmp_path / "estimator.skops").write_bytes(foreign)
    with pytest.raises(estimators.RefusedError):
        Clustering.load(tmp_path)


def test_an_estimator_that_cannot_be_kept_assigns_nothing(blobs):
    asked = Cluster(name="strange", estimator={"_target_": f"{__name__}.Stranger"})
    found = cluster(asked, blobs.features, blobs.graph, blobs.latents)
    assert found.estimator is None
    assert found.notes[-1].startswith("strange: this estimator cannot be stored without pickle")
    assert set(found.held_out) == {0, 1}, "their neighbours decide, not its predict"


@pytest.mark.parametrize("name", ["os:system", "subprocess:Popen", "pipeline.tracking:Store", "pipeline.models.base:x"])
def test_a_stored_model_names_no_class_but_an_autoencoder(tmp_path, name):
    facts = {"class": name, "history": [], "refinement": [], "summary": []}
    (tmp_path / "artifact.json").write_text(json.dumps(facts))
    with pytest.raises(ValueError, match="is no autoencoder of this package"):
        Autoencoder.load(tmp_path)


def test_a_keras_file_with_code_is_refused(tmp_path):
    import keras

    from pipeline.models.training import KerasAutoencoder

    model = keras.Sequential([keras.Input((2,)), keras.layers.Lambda(lambda x: x)])
    for part in ("encoder", "decoder"):
        model.save(tmp_path / f"{part}.keras")
    with pytest.raises(ValueError, match="unsafe"):
        KerasAutoencoder.load_parts(tmp_path)


# What is shown

NAME = "<script>alert(1)</script>.png"


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    """The artifacts of a run on pictures in folders that are called like markup, and one whose name is no text."""
    folder = tmp_path_factory.mktemp("pictures")
    for i in range(24):
        (folder / "<script>alert(1)<").mkdir(exist_ok=True)
        place = folder / NAME if not i else folder / "<b>'\"&" / f"{i}<i>.png"
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(png((10 * i, 200 - 5 * i, i)))
    (folder / "<b>'\"&" / os.fsdecode(b"\xff.png")).write_bytes(png((255, 255, 255)))
    asked = config(
        "data=image_folder", "model=pca", "model.latent_dim=3", "manifold=none", "project=pca", "cluster=kmeans",
        "cluster.k=3", "neighbors.k=5", "nulls.sample=0", "data.labels_from=folder", data__path=str(folder),
    )  # fmt: skip
    return run(asked)


def test_names_of_files_and_folders_are_text_on_every_page(shown, tmp_path):
    from pipeline.comparing.sides import Side
    from pipeline.stages.compare import compare
    from pipeline.stages.label import label

    assert NAME in shown["images"].paths
    parts = {name: shown[name] for name in ("images", "labels", "graph", "features", "clustering")}
    clusters = np.roll(shown["clustering"].fitted, 1)
    moved = replace(shown["clustering"], fitted=clusters)
    sides = [
        Side("<script>one", "1", {"k": 3.0}, {"data": NAME}, shown["images"], shown["clustering"]),
        Side("two", "2", {"k": 3.0}, {"data": "x"}, shown["images"], moved),
    ]
    pages = {
        "report": shown["page"].html,
        "explorer": shown["explorer"].html,
        "label": label(Label(budget=25, simulate=False), **parts).html,
        "compare": compare(Compare(), *sides).html,
    }
    for name, html in pages.items():
        assert "<script>alert" not in html, name
        assert "<script>one" not in html, name
        assert "<i>.png" not in html, name
        assert "<b>'" not in html, name
        (tmp_path / name).write_text(html, encoding="utf-8")
    assert "alert(1)" in pages["explorer"]
    assert "alert(1)" in pages["label"]


# Where things stay


@pytest.mark.parametrize("name", ["../elsewhere", "/tmp/elsewhere", "a/../../b", "."])
def test_an_experiment_stays_in_the_outputs_folder(outputs, name):
    with pytest.raises(UserError, match=r"^tracking\.experiment = .*: leads out of .*artifacts; choose a name"):
        Store(Tracking(experiment=name), outputs)


def test_nothing_here_serves_and_what_is_suggested_stays_on_this_machine(outputs):
    assert not {name.split(".")[0] for name in IMPORTS} & {"socketserver", "http", "uvicorn", "flask", "fastapi"}
    texts = [path.read_text(encoding="utf-8") for path in [*PACKAGE.rglob("*.py"), PACKAGE.parent / "README.md"]]
    assert not [text for text in texts if "0.0.0.0" in text]
    store = Store(Tracking(), outputs)
    assert "--host" not in store.ui_command, "mlflow's own default is 127.0.0.1"
    assert store.view.startswith("http://127.0.0.1:")
    assert os.name == "nt" or store.ui_command.startswith("MLFLOW_DISABLE_TELEMETRY=true ")


@pytest.mark.parametrize(("chosen", "expected"), [(None, "true"), ("false", "false")])
def test_telemetry_is_off_unless_asked_for(chosen, expected):
    code = "import os, pipeline.tracking; print(os.environ['MLFLOW_DISABLE_TELEMETRY'])"
    asked = environment() | ({"MLFLOW_DISABLE_TELEMETRY": chosen} if chosen else {})
    assert subprocess.check_output([sys.executable, "-c", code], env=asked, text=True).strip() == expected
