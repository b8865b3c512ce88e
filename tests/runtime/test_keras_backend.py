"""The choice of the Keras backend, and training with JAX."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys

import numpy as np
import pytest

from pipeline.artifacts import Images, Latents
from pipeline.models.autoencoder import Autoencoder
from pipeline.runtime import keras_backend as module
from pipeline.runtime.errors import UserError
from pipeline.runtime.keras_backend import keras_backend, make_xla_deterministic
from pipeline.workflow import fingerprint
from tests.helpers import environment, summaries

TRAINING = (
    "data=digits", "data.train_size=150", "train.epochs=2", "train.min_steps=0",
    "train.batch_size=50", "model=dense64", "stage=[data,train,refine,extract]",
)  # fmt: skip
IDEC = ("refine=idec", "refine.max_steps=12", "refine.update_interval=6", "refine.k=10")


@pytest.fixture
def keras_home(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    monkeypatch.setattr(module, "find_spec", lambda name: name if name == "jax" else importlib.util.find_spec(name))
    return tmp_path


def test_backend_is_that_of_keras(keras_home, monkeypatch):
    assert keras_backend() == "tensorflow"
    (keras_home / "keras.json").write_text("{ no JSON")
    assert keras_backend() == "tensorflow"
    (keras_home / "keras.json").write_text(json.dumps({"backend": "jax"}))
    assert keras_backend() == "jax"
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")
    assert keras_backend() == "tensorflow"


def test_unusable_backend_is_refused(keras_home, monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    with pytest.raises(UserError, match=r"^KERAS_BACKEND = torch: choose from tensorflow, jax$"):
        keras_backend()
    (keras_home / "keras.json").write_text(json.dumps({"backend": "jax"}))
    monkeypatch.setenv("KERAS_BACKEND", "")
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"^backend in .*keras\.json = jax: .* pip install -e '\.\[jax\]'"):
        keras_backend()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (None, "--xla_gpu_deterministic_ops=true"),
        ("--xla_dump_to=d", "--xla_dump_to=d --xla_gpu_deterministic_ops=true"),
        ("--xla_gpu_deterministic_ops=false", "--xla_gpu_deterministic_ops=false"),
    ],
)
def test_xla_is_deterministic_unless_the_user_decides(before, after, monkeypatch):
    monkeypatch.delenv("XLA_FLAGS", raising=False)
    if before is not None:
        monkeypatch.setenv("XLA_FLAGS", before)
    for _ in range(2):
        make_xla_deterministic()
        assert os.environ["XLA_FLAGS"] == after


def test_backend_changes_only_the_fingerprints_of_networks(monkeypatch):
    network, clusters = ("train", {"_target_": "pipeline.models.training.train_autoencoder"}), ("cluster", {"k": 3})
    before = [fingerprint.fingerprint(*step, {}) for step in (network, clusters)]
    monkeypatch.setattr(fingerprint, "keras_backend", lambda: "numpy")  # any package that has a version
    after = [fingerprint.fingerprint(*step, {}) for step in (network, clusters)]
    assert before[0] != after[0]
    assert before[1] == after[1]


RUN = """
import sys
from pathlib import Path
from pipeline.workflow.execution import execute_run
from tests.helpers import compose
for folder in map(Path, sys.argv[1].split(",")):
    execute_run(compose(*sys.argv[2:], outputs=folder), folder / "runs" / "day" / "time", [])
"""
"""Runs the same configuration in several outputs folders."""


def run(folders, keras_backend, *overrides):
    """Run with a backend in each of the folders, in one process; return the stages of the newest runs by name."""
    environment_of_run = environment() | {"KERAS_BACKEND": keras_backend}
    command = [sys.executable, "-c", RUN, ",".join(map(str, folders)), *TRAINING, *overrides]
    subprocess.run(command, env=environment_of_run, check=True, capture_output=True, timeout=240)
    return [summaries(folder)[-1]["stages"] for folder in folders]


def load_result(outputs, stages, stage, artifact_type, name):
    (folder,) = outputs.glob(f"artifacts/*/{stages[stage]['run_id']}/artifacts/result/{name}")
    return artifact_type.load(folder)


@pytest.mark.slow
def test_jax_repeats_its_results_and_trains_as_tensorflow_does(tmp_path, empty_store):
    pytest.importorskip("jax", reason="JAX is not installed: pip install -e '.[jax]'")
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        folder.mkdir()
        shutil.copy(empty_store, folder / "mlflow.db")
    losses, latents = {}, {}

    def examine(name, outputs, stages):
        autoencoder = load_result(outputs, stages, "refine", Autoencoder, "autoencoder")
        losses[name] = [epoch["loss"] for epoch in autoencoder.history]
        latents[name] = np.array(load_result(outputs, stages, "extract", Latents, "latents").fitted)
        # TensorFlow encodes with the weights that either backend trained.
        images = load_result(outputs, stages, "data", Images, "images")
        np.testing.assert_allclose(autoencoder.encode(images.fitted), latents[name], rtol=1e-3, atol=1e-4)

    examine("tensorflow", first, *run([first], "tensorflow", *IDEC, "tracking.models=false"))
    in_first, in_second = run([first, second], "jax", *IDEC)
    examine("jax", first, in_first)
    examine("jax again", second, in_second)
    # Results of one backend are not reused for the other.
    assert [name for name, stage in in_first.items() if stage["reused"]] == ["data"]
    # Nearly always to the bit; on a busy machine sums on the CPU have differed in the last one.
    np.testing.assert_allclose(latents["jax"], latents["jax again"], rtol=1e-4, atol=1e-5)
    # The backends draw different initial weights, and see the same images with the same distortions.
    assert losses["jax"] == pytest.approx(losses["jax again"], rel=1e-5)
    assert losses["jax"] == pytest.approx(losses["tensorflow"], rel=0.15)
