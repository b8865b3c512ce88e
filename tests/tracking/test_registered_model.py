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
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipeline.config import Tracking
from pipeline.models.assigner import PARTS, Assigner
from pipeline.tracking import Store
from pipeline.workflow.execution import execute_run
from pipeline.workflow.finished_runs import find_run
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


def newest_version(store):
    return store.client.get_model_version_by_alias("latent-clustering", "newest")


def test_the_alias_follows_the_newest_execution(outputs, store):
    version = newest_version(store)
    assert version.run_id == json.loads((outputs / "first/summary.json").read_text())["stages"]["cluster"]["run_id"]
    execute_run(compose(*RUN, "cluster.k=4", outputs=outputs), outputs / "four", [])
    assert newest_version(store).version != version.version
    execute_run(compose(*RUN, outputs=outputs), outputs / "again", [])
    assert newest_version(store).version == version.version, "a reused clustering gets no new version"


def test_the_registered_model_answers_over_http(store):
    run = find_run(store, "last")
    pixels = np.asarray(run.load("images")["images"].fitted[:5], np.float32) / 255
    expected = Assigner.from_artifacts(**run.load(*PARTS))(pixels)
    with serve(store.uri) as address:
        body = json.dumps({"inputs": pixels.tolist()}).encode()
        request = urllib.request.Request(f"{address}/invocations", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as response:
            answer = pd.DataFrame(json.load(response)["predictions"])
    assert answer["cluster"].tolist() == expected["cluster"].tolist()
    assert answer["far"].tolist() == expected["far"].tolist()
    assert np.allclose(answer[["confidence", "distance"]], expected[["confidence", "distance"]], atol=1e-6)


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
