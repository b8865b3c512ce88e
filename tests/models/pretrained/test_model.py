"""The model of a pretrained encoder: normalisation, storage, and runs of the real process."""

import keras
import numpy as np
import pandas as pd
import pytest
from PIL import Image
from sklearn.decomposition import PCA
from sklearn.preprocessing import normalize

from pipeline.artifacts import Images
from pipeline.config import Train
from pipeline.data.decoding import convert_channels
from pipeline.data.digits import read_digits
from pipeline.models.autoencoder import Autoencoder
from pipeline.models.pretrained.model import encode_batches, fit_pretrained
from pipeline.runtime.errors import UserError
from pipeline.runtime.file_digest import file_digest
from pipeline.runtime.observer import RunObserver
from pipeline.workflow.recipe import STEPS
from pipeline.workflow.stored_results import StoredResults
from tests.helpers import SMALL_REPORT, compose, pipeline, summaries
from tests.models.pretrained.onnx_files import write_onnx
from tests.models.pretrained.settings import pretrained

TRAIN = Train(name="default")


def save_network(path, size=8):
    """A Keras model with random filters, and no training."""
    keras.utils.set_random_seed(0)
    keras.Sequential([keras.Input((size, size, 1)), keras.layers.Conv2D(12, 3, activation="relu")]).save(path)
    return path


def fit(path, images, observer, **keys):
    return fit_pretrained(pretrained(path, **keys), TRAIN, images, observer)


def test_latents_are_normalised_features(tmp_path, images, recorder):
    path = save_network(tmp_path / "m.keras")
    features = encode_batches(fit(path, images, recorder).network, images.train)
    latents = fit(path, images, recorder, normalize="l2").encode(images.train)
    np.testing.assert_allclose(latents, normalize(features), rtol=1e-5)
    reduced = fit(path, images, recorder, normalize="l2", latent_dim=3).encode(images.train)
    expected = PCA(3).fit_transform(normalize(features).astype(np.float64))
    np.testing.assert_allclose(np.abs(reduced), np.abs(expected), rtol=1e-3, atol=1e-4)


def test_features_are_averaged_over_views(tmp_path, images, recorder):
    path = save_network(tmp_path / "m.keras")
    network = fit(path, images, recorder).network
    parts = [normalize(encode_batches(network, view)) for view in (images.train, 255 - images.train)]
    latents = fit(path, images, recorder, views=["image", "negative"]).encode(images.train)
    np.testing.assert_allclose(latents, np.mean(parts, axis=0), rtol=1e-4, atol=1e-6)


def test_grey_views_ignore_colour_and_contrast(tmp_path, images, recorder):
    path = save_network(tmp_path / "m.keras")
    model = fit(path, images, recorder, views=["grey", "grey_negative"])
    colour = np.random.default_rng(0).integers(0, 256, (9, 8, 8, 3), np.uint8)
    latents = model.encode(colour)
    np.testing.assert_allclose(model.encode(convert_channels(colour, 1)), latents, atol=1e-5)
    np.testing.assert_allclose(model.encode(255 - convert_channels(colour, 1)), latents, atol=1e-5)
    model.save(tmp_path / "model")
    np.testing.assert_array_equal(Autoencoder.load(tmp_path / "model").encode(colour), latents)


@pytest.mark.parametrize("kind", ["keras", "onnx"])
def test_a_stored_model_encodes_alike(tmp_path, images, recorder, kind):
    path = tmp_path / f"m.{kind}"
    save_network(path) if kind == "keras" else write_onnx(path, (None, 1, 8, 8))
    model = fit(path, images, recorder, latent_dim=1)
    model.save(tmp_path / "model")
    path.unlink()
    stored = Autoencoder.load(tmp_path / "model")
    np.testing.assert_array_equal(stored.encode(images.test), model.encode(images.test))
    assert stored.encode(images.test[:0]).shape == (0, 1)
    assert stored.bottleneck == (1,)


@pytest.mark.parametrize("reads_files", [True, False])
def test_new_images_are_read_as_the_first_ones_were(tmp_path, images, recorder, reads_files):
    """Arrays that were added to a run of files do not change how files are read afterwards."""
    model = fit(save_network(tmp_path / "m.keras", 20), images, recorder)
    assert model.reading_shape(images) == images.shape
    model.reads_files = reads_files
    model.save(tmp_path / "model")
    expected = (20, 20, 1) if reads_files else images.shape
    assert Autoencoder.load(tmp_path / "model").reading_shape(images) == expected


def test_enlarging_is_said_and_vectors_are_refused(tmp_path, images, recorder):
    path = save_network(tmp_path / "m.keras", size=16)
    fit(path, images, recorder)
    assert recorder.notes[-1].startswith(
        "model.image_size: images of 8×8 are enlarged to 16×16, the size of the encoder"
    )
    cards = Images(images.train, images.test, vectors=np.zeros((128, 3), np.float32), has_images=False)
    with pytest.raises(UserError, match=r"^model = pretrained: images has vectors and no images"):
        fit(path, cards, recorder)


def test_features_that_are_not_finite_are_one_line(tmp_path, images, recorder):
    path = write_onnx(tmp_path / "m.onnx", (None, 1, 8, 8))
    with pytest.raises(UserError, match=r"^model\.encoder: the network returns values that are not finite; check"):
        fit(path, images, recorder, mean=[0.0], std=[5e-39])


@pytest.mark.slow
def test_files_are_clustered_by_a_pretrained_encoder_and_new_ones_are_assigned(outputs):
    source = read_digits()
    for index, (image, label) in enumerate(zip(source.train[:200], source.train_labels[:200], strict=True)):
        folder = outputs / "digits" / str(label)
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).resize((40, 40)).save(folder / f"{index}.png")
    words = ("data=image_folder", "data.path=digits", "data.image_size=12", "model=pretrained", "model.encoder=m.keras")
    rest = ("manifold=none", "project=pca", "cluster=kmeans", "tracking.models=false", *SMALL_REPORT)
    save_network(outputs / "m.keras", size=20)
    answer = pipeline(*words, *rest, "model.latent_dim=8", outputs=outputs)
    assert (answer.returncode, answer.stderr) == (0, "")
    (summary,) = summaries(outputs)
    assert summary["metrics"]["train/accuracy_score"] > 0.3
    answer = pipeline("stage=assign", "input=digits", outputs=outputs)
    assert (answer.returncode, answer.stderr) == (0, "")
    assigned = pd.read_parquet(next(outputs.rglob("assigned.parquet")))
    assert assigned["distance"].max() < 1e-3, "files are decoded at the size of the encoder again"


def test_the_content_of_the_encoders_file_counts(tmp_path, images):
    """Two files of the same name must not share a result."""
    settings = pretrained(tmp_path / "m.keras")
    assert settings.files == []
    (tmp_path / "m.keras").write_bytes(b"one")
    (file,) = settings.files
    before = file_digest(file)
    (tmp_path / "m.keras").write_bytes(b"two")
    assert file_digest(file) != before
    config = compose("data=digits", "model=pretrained", f"model.encoder={file}", outputs=tmp_path)
    results = StoredResults(config, None, None, RunObserver())
    first = results.fingerprint(STEPS["train"])
    (tmp_path / "m.keras").write_bytes(b"three")
    assert StoredResults(config, None, None, RunObserver()).fingerprint(STEPS["train"]) != first
