"""Which backend Keras takes, and with JAX a training that is the same to the bit each time."""

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

TRAINED = (
    "data=digits", "data.train_size=300", "train.epochs=3", "train.min_steps=0",
    "train.batch_size=50", "stage=[data,train,refine,extract]", "tracking.models=true",
)  # fmt: skip
SELF_TRAINED = ("refine=idec", "refine.max_steps=40", "refine.update_every=20", "refine.k=10")


@pytest.fixture
def keras_home(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    monkeypatch.setattr(module, "find_spec", lambda name: name if name == "jax" else importlib.util.find_spec(name))
    return tmp_path


def test_the_backend_is_keras_own_choice(keras_home, monkeypatch):
    assert keras_backend() == "tensorflow"
    (keras_home / "keras.json").write_text("{ no JSON")
    assert keras_backend() == "tensorflow"
    (keras_home / "keras.json").write_text(json.dumps({"backend": "jax"}))
    assert keras_backend() == "jax"
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")
    assert keras_backend() == "tensorflow"


def test_a_backend_that_cannot_be_used_is_refused(keras_home, monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    with pytest.raises(UserError, match=r"^KERAS_BACKEND = torch: choose from tensorflow, jax$"):
        keras_backend()
    (keras_home / "keras.json").write_text(json.dumps({"backend": "jax"}))
    monkeypatch.setenv("KERAS_BACKEND", "")
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"^backend in .*keras\.json = jax: .* pip install -e '\.\[jax\]'"):
        keras_backend()


def test_a_backend_touches_the_results_of_networks_alone(monkeypatch):
    network, clusters = ("train", {"_target_": "pipeline.models.training.train_autoencoder"}), ("cluster", {"k": 3})
    before = [fingerprint.fingerprint(*one, {}) for one in (network, clusters)]
    monkeypatch.setattr(fingerprint, "keras_backend", lambda: "numpy")  # any that has a version
    after = [fingerprint.fingerprint(*one, {}) for one in (network, clusters)]
    assert before[0] != after[0]
    assert before[1] == after[1]


def run(outputs, keras_backend, *words):
    """A run of the pipeline with a backend; its stages by name, and what it printed as an error."""
    done = pipeline(*TRAINED, *words, outputs=outputs, KERAS_BACKEND=keras_backend)
    if done.returncode:
        return None, done.stderr
    return summaries(outputs)[-1]["stages"], done.stderr


def result(outputs, stages, stage, kind, name):
    (folder,) = outputs.glob(f"artifacts/*/{stages[stage]['run_id']}/artifacts/result/{name}")
    return kind.load(folder)


@pytest.mark.slow
def test_an_unknown_backend_ends_a_run_in_one_line(tmp_path):
    _, said = run(tmp_path, "torch")
    assert said.strip().splitlines()[-1] == "error: KERAS_BACKEND = torch: choose from tensorflow, jax"
    assert "Traceback" not in said


@pytest.mark.slow
@pytest.mark.parametrize("words", [(), SELF_TRAINED], ids=["autoencoder", "refined"])
def test_jax_trains_the_same_bits_again_to_what_tensorflow_comes_to(tmp_path, words):
    pytest.importorskip("jax", reason="JAX is not installed: pip install -e '.[jax]'")
    losses, codes = {}, {}
    for place, name in (("one", "tensorflow"), ("one", "jax"), ("two", "jax")):
        outputs = tmp_path / place
        outputs.mkdir(exist_ok=True)
        stages, said = run(outputs, name, *words)
        assert stages is not None, said
        # What the one made is not taken for the other's.
        assert [stage for stage, one in stages.items() if one["reused"]] == (["data"] if len(codes) == 1 else [])
        trained = result(outputs, stages, "refine", Autoencoder, "autoencoder")
        losses[place, name] = [one["loss"] for one in trained.history]
        codes[place, name] = np.array(result(outputs, stages, "extract", Latents, "latents").fitted)
        # Here TensorFlow encodes with the weights that either has trained.
        images = result(outputs, stages, "data", Images, "images")
        np.testing.assert_allclose(trained.encode(images.fitted), codes[place, name], rtol=1e-3, atol=1e-4)
    np.testing.assert_array_equal(codes["one", "jax"], codes["two", "jax"])
    # They draw their first weights differently, and see the same images, distorted the same way.
    assert losses["one", "jax"] == losses["two", "jax"]
    assert losses["one", "jax"] == pytest.approx(losses["one", "tensorflow"], rel=0.15)
    stages, _ = run(tmp_path / "one", "jax", *words)
    assert all(one["reused"] for one in stages.values())
