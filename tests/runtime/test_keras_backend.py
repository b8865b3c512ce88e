"""The choice of the Keras backend, and training with JAX, which repeats to the bit."""

import importlib.util
import json

import numpy as np
import pytest

from pipeline.artifacts import Images, Latents
from pipeline.models.autoencoder import Autoencoder
from pipeline.runtime import keras_backend as module
from pipeline.runtime.errors import UserError
from pipeline.runtime.keras_backend import keras_backend
from pipeline.workflow import fingerprint
from tests.helpers import pipeline, summaries

TRAINING = (
    "data=digits", "data.train_size=150", "train.epochs=2", "train.min_steps=0",
    "train.batch_size=50", "model=dense64", "stage=[data,train,refine,extract]",
)  # fmt: skip
IDEC = ("refine=idec", "refine.max_steps=12", "refine.update_every=6", "refine.k=10")


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


def test_backend_changes_only_the_fingerprints_of_networks(monkeypatch):
    network, clusters = ("train", {"_target_": "pipeline.models.training.train_autoencoder"}), ("cluster", {"k": 3})
    before = [fingerprint.fingerprint(*step, {}) for step in (network, clusters)]
    monkeypatch.setattr(fingerprint, "keras_backend", lambda: "numpy")  # any package that has a version
    after = [fingerprint.fingerprint(*step, {}) for step in (network, clusters)]
    assert before[0] != after[0]
    assert before[1] == after[1]


def run(outputs, keras_backend, *overrides):
    """Return the stages of a run with a backend by name, None if it failed, and its standard error."""
    process = pipeline(*TRAINING, *overrides, outputs=outputs, KERAS_BACKEND=keras_backend)
    if process.returncode:
        return None, process.stderr
    return summaries(outputs)[-1]["stages"], process.stderr


def load_result(outputs, stages, stage, artifact_type, name):
    (folder,) = outputs.glob(f"artifacts/*/{stages[stage]['run_id']}/artifacts/result/{name}")
    return artifact_type.load(folder)


@pytest.mark.slow
def test_unknown_backend_is_refused_in_one_line(tmp_path):
    _, stderr = run(tmp_path, "torch")
    assert stderr.strip().splitlines()[-1] == "error: KERAS_BACKEND = torch: choose from tensorflow, jax"
    assert "Traceback" not in stderr


@pytest.mark.slow
def test_jax_repeats_its_bits_and_trains_as_tensorflow_does(tmp_path):
    pytest.importorskip("jax", reason="JAX is not installed: pip install -e '.[jax]'")
    losses, latents = {}, {}
    for folder, backend in (("first", "tensorflow"), ("first", "jax"), ("second", "jax")):
        outputs = tmp_path / folder
        outputs.mkdir(exist_ok=True)
        models = f"tracking.models={'true' if folder == 'first' else 'false'}"
        stages, stderr = run(outputs, backend, *IDEC, models)
        assert stages is not None, stderr
        # Results of one backend are not reused for the other.
        assert [name for name, stage in stages.items() if stage["reused"]] == (["data"] if len(latents) == 1 else [])
        autoencoder = load_result(outputs, stages, "refine", Autoencoder, "autoencoder")
        losses[folder, backend] = [epoch["loss"] for epoch in autoencoder.history]
        latents[folder, backend] = np.array(load_result(outputs, stages, "extract", Latents, "latents").fitted)
        # TensorFlow encodes with the weights that either backend trained.
        images = load_result(outputs, stages, "data", Images, "images")
        np.testing.assert_allclose(autoencoder.encode(images.fitted), latents[folder, backend], rtol=1e-3, atol=1e-4)
    np.testing.assert_array_equal(latents["first", "jax"], latents["second", "jax"])
    # The backends draw different initial weights, and see the same images with the same distortions.
    assert losses["first", "jax"] == losses["second", "jax"]
    assert losses["first", "jax"] == pytest.approx(losses["first", "tensorflow"], rel=0.15)
