"""The registered clustering model: its alias, and what it answers over HTTP."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipeline.config import Tracking
from pipeline.models.assigner import PARTS, Assigner
from pipeline.tracking import Store
from pipeline.workflow.execution import execute_run
from pipeline.workflow.finished_runs import find_run
from pipeline.workflow.run_action import run_action
from tests.helpers import compose, environment

RUN = (
    "data=digits", "data.train_size=150", "model=pixels", "neighbors.k=10", "manifold=none", "project=pca",
    "cluster=kmeans", "stage=cluster", "tracking.git_commit=false",
)  # fmt: skip

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def outputs(tmp_path_factory, empty_store):
    """The outputs folder of a finished run that logged its models."""
    outputs = tmp_path_factory.mktemp("outputs")
    shutil.copy(empty_store, outputs / "mlflow.db")
    execute_run(compose(*RUN, outputs=outputs), outputs / "first", [])
    return outputs


@pytest.fixture(scope="module")
def store(outputs):
    return Store(Tracking(), outputs)


@pytest.fixture(scope="module")
def server(store):
    """The address of a server with the registered model."""
    with serve(store.uri) as address:
        yield address


def newest_version(store):
    return store.client.get_model_version_by_alias("latent-clustering", "newest")


def test_the_alias_follows_the_newest_execution(outputs, store):
    version = newest_version(store)
    assert version.run_id == json.loads((outputs / "first/summary.json").read_text())["stages"]["cluster"]["run_id"]
    execute_run(compose(*RUN, "cluster.k=4", outputs=outputs), outputs / "four", [])
    assert newest_version(store).version != version.version
    execute_run(compose(*RUN, outputs=outputs), outputs / "again", [])
    assert newest_version(store).version == version.version, "a reused clustering gets no new version"


def test_the_registered_model_answers_over_http(store, server):
    run = find_run(store, "last")
    pixels = run.load("images")["images"].fitted[:5]
    fractions = np.asarray(pixels, np.float32) / 255
    expected = Assigner.from_artifacts(**run.load(*PARTS))(pixels)
    flat = {"columns": ["image"], "data": [[image.ravel().tolist()] for image in pixels]}
    for body in (
        {"inputs": pixels.tolist()}, {"inputs": fractions.tolist()}, {"instances": pixels.tolist()},
        {"dataframe_split": flat},
    ):  # fmt: skip
        status, answer = post(server, body)
        assert status == 200, answer
        table = pd.DataFrame(answer["predictions"])
        assert table["cluster"].tolist() == expected["cluster"].tolist()
        assert table["far"].tolist() == expected["far"].tolist() == [False] * 5
        assert np.allclose(table[["confidence", "distance"]], expected[["confidence", "distance"]], atol=1e-6)
    for images, message in (
        (pixels.astype(float), "inputs: images are float64 from 0 to 255; floats must be in [0, 1]"),
        (pixels // 255, "inputs: images are integers from 0 to 1"),
        (pixels[:, :4], "inputs: images have shape (5, 4, 8, 1); the model was fitted on (n, 8, 8, 1)"),
    ):
        status, answer = post(server, {"inputs": images.tolist()})
        assert status == 400, answer
        assert message in answer["message"]


def test_the_registered_model_takes_bytes_and_fractions_in_process(store, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", store.uri)
    run = find_run(store, "last")
    pixels = run.load("images")["images"].fitted[:5]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import mlflow

        model = mlflow.pyfunc.load_model("models:/latent-clustering@newest")
    expected = Assigner.from_artifacts(**run.load(*PARTS))(pixels)
    pd.testing.assert_frame_equal(model.predict(pixels), expected)
    assert model.predict((pixels / 255).astype(np.float32))["cluster"].tolist() == expected["cluster"].tolist()
    with pytest.raises(mlflow.exceptions.MlflowException, match=r"^inputs: images are float32 from 0 to 255"):
        model.predict(pixels.astype(np.float32))


def test_the_request_in_the_readme_is_answered(server, capsys):
    section = (Path(__file__).parents[2] / "pipeline/stages/README.md").read_text(encoding="utf-8")
    code = section.partition("```python\n")[2].partition("```")[0]
    assert "http://127.0.0.1:5001/" in code
    exec(code.replace("http://127.0.0.1:5001", server), {})
    answer = capsys.readouterr().out
    assert answer.count("'far': False") == 2
    assert answer.startswith("{'predictions': [{'cluster': ")


def test_cleaning_keeps_the_model_with_the_alias_and_deletes_the_others(outputs, store, monkeypatch):
    run_action(compose("stage=clean", "clean.gigabytes=0", "clean.delete=true", outputs=outputs), outputs / "clean", [])
    (version,) = store.client.search_model_versions("name = 'latent-clustering'")
    assert version.version == newest_version(store).version
    assert len(list((outputs / "artifacts/latent-clustering/models").glob("*/artifacts/data/assigner"))) == 1
    monkeypatch.setenv("MLFLOW_TRACKING_URI", store.uri)
    pixels = find_run(store, "last").load("images")["images"].fitted[:5]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import mlflow

        model = mlflow.pyfunc.load_model("models:/latent-clustering@newest")
    assert len(model.predict(pixels)) == 5


def post(address, body):
    """Send a request to the served model; return the status and the answer."""
    content = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{address}/invocations", json.dumps(body).encode(), content)
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


@contextlib.contextmanager
def serve(uri):
    """Serve the registered model with MLflow and yield the server's address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = ["models", "serve", "-m", "models:/latent-clustering@newest", "--env-manager", "local"]
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])  # MLflow calls uvicorn
    server = subprocess.Popen(
        [sys.executable, "-m", "mlflow", *words, "-h", "127.0.0.1", "-p", str(port)],
        env=environment() | {"MLFLOW_TRACKING_URI": uri, "MLFLOW_DISABLE_TELEMETRY": "true", "PATH": path},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        wait_until_ready(f"http://127.0.0.1:{port}/ping", server)
        yield f"http://127.0.0.1:{port}"
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGTERM)
        server.wait(30)


def wait_until_ready(address, server):
    for _ in range(600):
        assert server.poll() is None, "the server ended"
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise AssertionError("the server did not answer in time")
