"""Data, configurations and models from elsewhere run no code, names are escaped in pages, and files stay in place."""

import ast
import json
import os
import re
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from pipeline.artifacts import Clustering, estimators
from pipeline.config import Cluster, Compare, Component, Label, Tracking
from pipeline.config.instantiate import call_component, instantiate
from pipeline.models.autoencoder import Autoencoder
from pipeline.runtime.errors import UserError
from pipeline.runtime.paths import PACKAGE
from pipeline.stages.cluster import cluster
from pipeline.tracking import Store
from pipeline.workflow.finished_runs import restore_config
from tests.faults.bad_data import png
from tests.faults.in_process import compose, error_message, run_recipe
from tests.helpers import environment
from tests.policies import check_policy

NODES = [
    (path.relative_to(PACKAGE).as_posix(), node)
    for path in sorted(PACKAGE.rglob("*.py"))
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
]
CALLS = [(file, node) for file, node in NODES if isinstance(node, ast.Call)]
IMPORTED_PACKAGES = {
    (file, name.split(".")[0])
    for file, node in NODES
    if isinstance(node, ast.Import | ast.ImportFrom)
    for name in ([str(node.module)] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names])
}


def keyword_values(call):
    return {keyword.arg: getattr(keyword.value, "value", None) for keyword in call.keywords}


# Loading files


def test_the_package_loads_no_pickle_and_evaluates_no_code():
    unsafe = {"pickle", "joblib", "cloudpickle", "dill", "marshal", "shelve", "yaml"}
    imports = {(file, package) for file, package in IMPORTED_PACKAGES if package in unsafe}
    assert imports == {("models/pretrained/torch_checkpoint.py", "pickle")}, "its unpickler refuses all but tensors"
    calls = [(file, ast.unparse(call.func), keyword_values(call)) for file, call in CALLS]
    numpy_loads = [(file, keywords) for file, name, keywords in calls if name == "np.load"]
    assert len(numpy_loads) >= 3
    assert all(keywords.get("allow_pickle") is False for _, keywords in numpy_loads), numpy_loads
    keras_loads = [keywords for _, name, keywords in calls if name.endswith("load_model")]
    assert len(keras_loads) == 3
    assert all(keywords.get("safe_mode") is True for keywords in keras_loads)
    assert not [name for _, name, _ in calls if name.startswith("pickle.load")]
    assert not [file for file, name, keywords in calls if name in ("eval", "exec") or keywords.get("shell")]


class ForeignEstimator:
    """An estimator whose type is not trusted."""

    def fit_predict(self, points):
        self.labels_ = np.arange(len(points)) % 2
        return self.labels_

    def predict(self, points):
        return np.full(len(points), 1)


def test_stored_estimator_of_an_untrusted_type_is_not_loaded(tmp_path, blobs):
    from skops import io

    content = io.dumps(ForeignEstimator())
    with pytest.raises(estimators.UntrustedTypeError, match=r"test_security\.ForeignEstimator, which is not loaded"):
        estimators.load_estimator(content)
    assert not estimators.can_store(ForeignEstimator())
    config = compose("cluster=kmeans", "cluster.k=3").cluster
    cluster(config, blobs.features, blobs.graph, blobs.latents).save(tmp_path)
    (tmp_path / "estimator.skops").write_bytes(content)
    with pytest.raises(estimators.UntrustedTypeError):
        Clustering.load(tmp_path)


def test_estimator_that_cannot_be_stored_does_not_assign_held_out_images(blobs):
    config = Cluster(name="foreign", estimator={"_target_": f"{__name__}.ForeignEstimator"})
    clustering = cluster(config, blobs.features, blobs.graph, blobs.latents)
    assert clustering.estimator is None
    assert clustering.notes[-1].startswith("foreign: this estimator cannot be stored without pickle")
    assert set(clustering.held_out) == {0, 1}, "assigned by their neighbours, not by `predict`"


@pytest.mark.parametrize(
    "name", ["os:system", "subprocess:Popen", "pipeline.tracking:Store", "pipeline.models.autoencoder:x"]
)
def test_stored_model_may_only_name_an_autoencoder_class(tmp_path, name):
    metadata = {"class": name, "history": [], "refinement": [], "summary": []}
    (tmp_path / "artifact.json").write_text(json.dumps(metadata))
    with pytest.raises(ValueError, match="is not an autoencoder class of this package"):
        Autoencoder.load(tmp_path)


@pytest.mark.slow
def test_keras_file_with_code_is_refused(tmp_path):
    import keras

    from pipeline.models.keras_autoencoder import KerasAutoencoder

    model = keras.Sequential([keras.Input((2,)), keras.layers.Lambda(lambda x: x)])
    for part in ("encoder", "decoder"):
        model.save(tmp_path / f"{part}.keras")
    with pytest.raises(ValueError, match="unsafe"):
        KerasAutoencoder.load_parts(tmp_path)


# Targets in configurations

GET_SYSTEM = {"_target_": "hydra.utils.get_method", "path": "os.system"}


@pytest.mark.parametrize(
    "spec",
    [
        {"_target_": "os.system", "_args_": ["touch run"]},
        {"_target_": "posix.system", "_args_": ["touch run"]},
        {"_target_": "os.popen", "_args_": ["touch run"]},
        {"_target_": "subprocess.run", "args": ["touch", "run"]},
        {"_target_": "subprocess.Popen", "args": ["touch", "run"]},
        {"_target_": "builtins.eval", "_args_": ["open('run', 'w')"]},
        {"_target_": "builtins.exec", "_args_": ["open('run', 'w')"]},
        {"_target_": "shutil.rmtree", "path": "."},
        {"_target_": "pickle.loads", "_args_": ["x"]},
        {"_target_": "sklearn.cluster.KMeans", "n_clusters": {"_target_": "os.system", "_args_": ["touch run"]}},
        {"_target_": "builtins.list", "_args_": [[{"_target_": "os.system", "_args_": ["touch run"]}]]},
        {"_target_": "builtins.map", "_args_": [GET_SYSTEM, ["touch run"]]},
    ],
    ids=lambda spec: f"{spec['_target_']}-{len(str(spec))}",
)
def test_target_that_would_run_commands_is_refused(tmp_path, monkeypatch, spec):
    monkeypatch.chdir(tmp_path)
    message = error_message(instantiate, spec, "cluster.estimator")
    assert message.startswith("cluster.estimator")
    assert "blocklisted" in message
    assert not list(tmp_path.iterdir())


def test_component_whose_target_would_run_commands_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    component = Component.model_validate({"name": "x", "_target_": "os.system", "command": "touch run"})
    message = error_message(call_component, component, "engine")
    assert message.startswith("engine: os.system could not be built: ")
    assert "blocklisted" in message
    assert message.endswith(".")
    assert not list(tmp_path.iterdir())


def test_reader_that_would_run_commands_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    config = compose("data=digits", "+data.command=touch run", "data._target_=os.system")
    assert "blocklisted" in error_message(run_recipe, config, "data")
    assert not list(tmp_path.iterdir())


def test_stored_configuration_may_only_refine_with_functions_of_this_package():
    values = compose("model=pca").model_dump(by_alias=True)
    values["refine"]["_target_"] = "numpy.load"
    with pytest.raises(UserError, match=r"^refine\._target_ = 'numpy\.load': choose from 'pipeline\.models\.refine\."):
        restore_config(values)


@pytest.mark.parametrize("target", ["os.remove", "subprocess.getoutput", "webbrowser.open", "builtins.open", "this"])
@pytest.mark.parametrize("key", ["data", "estimator", "nested"])
def test_stored_configuration_may_not_name_the_standard_library(key, target):
    values = compose("model=pca").model_dump(by_alias=True)
    spec = {"_target_": target, "path": "x"}
    if key == "data":
        values["data"] |= spec
    else:
        values["cluster"]["estimator"] = spec if key == "estimator" else {"_target_": "x.Y", "steps": [["a", spec]]}
    where = {"data": "data", "estimator": "cluster.estimator", "nested": "cluster.estimator.steps.0.1"}[key]
    message = error_message(restore_config, values)
    assert message == f"{where}._target_ = {target!r}: a stored configuration may not name the standard library"


@pytest.mark.parametrize("target", ["stages.export.image_files.shutil.copy2", "runtime.paths.os.getcwd"])
def test_the_standard_library_is_not_reached_through_another_module(target):
    values = compose("model=pca").model_dump(by_alias=True)
    target = f"pipeline.{target}"
    values["cluster"]["estimator"] = {"_target_": target, "n_clusters": values["cluster"]["k"]}
    restored = restore_config(values)
    message = error_message(instantiate, restored.cluster.estimator, "cluster.estimator")
    assert message.startswith(f"cluster.estimator: {target} is {target.rpartition('.')[2]} of the standard library")


# Names in pages

FILE_NAME = "<script>alert(1)</script>\u202e.png"


@pytest.fixture(scope="module")
def markup_run(tmp_path_factory):
    """A run on images in files and folders named like markup, one of them not UTF-8."""
    folder = tmp_path_factory.mktemp("images")
    (folder / "<script>alert(1)<").mkdir()
    (folder / "<b>'\"&").mkdir()
    (folder / FILE_NAME).write_bytes(png((0, 200, 0)))
    for index in range(1, 24):
        (folder / "<b>'\"&" / f"{index}<i>.png").write_bytes(png((10 * index, 200 - 5 * index, index)))
    (folder / "<b>'\"&" / os.fsdecode(b"\xff.png")).write_bytes(png((255, 255, 255)))
    config = compose(
        "data=image_folder", "model=pca", "model.latent_dim=3", "manifold=none", "project=pca", "cluster=kmeans",
        "cluster.k=3", "neighbors.k=5", "baselines.sample=0", "data.labels_from=folder", "report.dpi=30",
        data__path=str(folder),
    )  # fmt: skip
    return run_recipe(config)


def test_names_of_files_folders_and_runs_are_escaped_on_every_page(markup_run):
    from pipeline.stages.compare import compare
    from pipeline.stages.compare.compared_run import ComparedRun
    from pipeline.stages.label import label

    names = ("images", "labels", "graph", "features", "clustering")
    artifacts = {name: markup_run.load(name) for name in names}
    images, clustering = artifacts["images"], artifacts["clustering"]
    assert FILE_NAME in images.paths
    changed = replace(clustering, fitted=np.roll(clustering.fitted, 1))
    first = ComparedRun("<script>one", "1", {"k": 3.0}, {"data": FILE_NAME}, images, clustering)
    second = ComparedRun("two", "2", {"k": 3.0}, {"data": "x"}, images, changed)
    pages = {
        "report": markup_run.load("report").html,
        "explorer": markup_run.load("explorer").html,
        "label": label(Label(budget=25, simulate=False), **artifacts).html,
        "compare": compare(Compare(), first, second).html,
    }
    for name, html in pages.items():
        check_policy(html)
        assert "\u202e" not in html.partition("page-data")[0].partition('id="data"')[0], name
        for markup in ("<script>alert", "<script>one", "<i>.png", "<b>'"):
            assert markup not in html, name
    assert "alert(1)" in pages["explorer"]
    assert "alert(1)" in pages["label"]


# Files and addresses


@pytest.mark.parametrize("name", ["../elsewhere", "/tmp/elsewhere", "a/../../b", "."])
def test_experiment_name_cannot_lead_out_of_the_outputs_folder(outputs, name):
    with pytest.raises(UserError, match=r"^tracking\.experiment = .*: leads out of .*artifacts; choose a name"):
        Store(Tracking(experiment=name), outputs)


def test_the_package_starts_no_server_and_suggests_local_addresses_only(outputs):
    packages = {package for _, package in IMPORTED_PACKAGES}
    assert not packages & {"socketserver", "http", "uvicorn", "flask", "fastapi"}
    for path in [*PACKAGE.rglob("*.py"), *PACKAGE.parent.glob("*.md")]:
        assert "0.0.0.0" not in path.read_text(encoding="utf-8"), path
    store = Store(Tracking(), outputs)
    assert "--host" not in store.ui_command, "MLflow's default is 127.0.0.1"
    assert store.view.startswith("http://127.0.0.1:")
    assert os.name == "nt" or store.ui_command.startswith("MLFLOW_DISABLE_TELEMETRY=true ")


@pytest.mark.parametrize(("chosen", "expected"), [(None, "true"), ("false", "false")])
def test_telemetry_is_off_unless_enabled(chosen, expected):
    code = "import os, pipeline.tracking; print(os.environ['MLFLOW_DISABLE_TELEMETRY'])"
    variables = environment() | ({"MLFLOW_DISABLE_TELEMETRY": chosen} if chosen else {})
    assert subprocess.check_output([sys.executable, "-c", code], env=variables, text=True).strip() == expected


# The page of the threat model


def test_every_line_of_the_threat_model_names_tests_that_exist():
    page = (PACKAGE.parent / ".github" / "SECURITY.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| ")][2:]
    assert len(rows) >= 15
    for row in rows:
        tests = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", row.split(" | ")[-1])
        assert tests, row
        for file, name in tests:
            assert f"def {name}(" in (PACKAGE.parent / file).read_text(encoding="utf-8"), f"{file}::{name}"
