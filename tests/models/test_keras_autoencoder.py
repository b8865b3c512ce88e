"""The Keras autoencoder: encoding, decoding, and what is stored."""

import numpy as np
import pytest

from pipeline.artifacts import to_unit_range
from pipeline.models import keras_autoencoder
from pipeline.models.autoencoder import Autoencoder
from pipeline.models.keras_autoencoder import KerasAutoencoder
from tests.networks import DENSE, build_pair, load_model


@pytest.mark.parametrize(
    ("name", "shape"), [("patch64", (8, 8, 1)), ("patch64", (30, 22, 3)), ("conv7x7x2", (12, 20, 1))]
)
def test_loaded_autoencoder_equals_the_saved_one(name, shape, tmp_path):
    built = KerasAutoencoder(*build_pair(load_model(name), shape))
    pixels = np.random.default_rng(0).random((5, *shape)).astype(np.float32)
    codes = built.encode(pixels)
    decoded = built.decode(codes)
    assert decoded.shape == pixels.shape
    assert codes.shape == (5, np.prod(built.bottleneck))
    built.save(tmp_path)
    loaded = Autoencoder.load(tmp_path)
    assert type(loaded) is KerasAutoencoder
    np.testing.assert_array_equal(loaded.encode(pixels), codes)
    np.testing.assert_array_equal(loaded.decode(codes), decoded)
    assert loaded.summary == built.summary
    assert loaded.bottleneck == built.bottleneck


def test_batches_and_dtype_do_not_change_the_latents():
    built = KerasAutoencoder(*build_pair(DENSE, (8, 8, 1)))
    pixels = np.random.default_rng(0).integers(0, 256, (7, 8, 8, 1), np.uint8)
    np.testing.assert_allclose(built.encode(pixels, batch_size=3), built.encode(pixels), atol=1e-6)
    np.testing.assert_allclose(built.encode(pixels), built.encode(to_unit_range(pixels)), atol=1e-6)
    np.testing.assert_allclose(built.reconstruct(pixels, batch_size=3), built.decode(built.encode(pixels)), atol=1e-6)


def test_no_images_give_empty_arrays():
    built = KerasAutoencoder(*build_pair(DENSE, (8, 8, 1)))
    pixels = np.empty((0, 8, 8, 1), np.uint8)
    assert built.encode(pixels).shape == (0, 4)
    assert built.decode(built.encode(pixels)).shape == built.reconstruct(pixels).shape == (0, 8, 8, 1)


def test_large_layers_are_computed_in_smaller_batches(monkeypatch):
    sizes = []

    def recorded(model, batch):
        sizes.append(len(batch))
        return predict(model, batch)

    predict = keras_autoencoder._predict
    monkeypatch.setattr(keras_autoencoder, "_predict", recorded)
    built = KerasAutoencoder(*build_pair(load_model("patch64"), (8, 8, 1)))
    largest = max(np.prod(layer.output.shape[1:]) for layer in built.encoder.layers)
    pixels = np.random.default_rng(0).random((7, 8, 8, 1)).astype(np.float32)
    codes = built.encode(pixels)
    monkeypatch.setattr(keras_autoencoder, "BATCH_BYTES", 3 * 4 * int(largest))
    np.testing.assert_allclose(built.encode(pixels), codes, atol=1e-6)
    assert sizes == [7, 3, 3, 1]
