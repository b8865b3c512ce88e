"""Keras files and keras.applications as encoders."""

from importlib import import_module

import keras
import numpy as np
import pytest

from pipeline.models.pretrained.keras_network import _affine_format
from pipeline.models.pretrained.model import encode_batches, load_network
from pipeline.runtime.errors import UserError
from tests.models.pretrained.settings import pretrained

PIXELS = np.random.default_rng(0).integers(0, 256, (20, 12, 12, 3), np.uint8)
MOBILE = "keras.applications.MobileNet"


def load(path, observer, **keys):
    return load_network(pretrained(path, **keys), observer)


def save_model(path, *first, shape=(12, 12, 3)):
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [keras.Input(shape), *first, keras.layers.Conv2D(5, 3, name="conv"), keras.layers.Flatten(name="flat")]
    )
    model.save(path)
    return model


def test_pixels_are_passed_in_the_unit_range_which_is_said(tmp_path, recorder):
    model = save_model(tmp_path / "m.keras")
    features = encode_batches(load(tmp_path / "m.keras", recorder), PIXELS)
    np.testing.assert_allclose(features, model.predict(PIXELS / 255, verbose=0), rtol=1e-3, atol=1e-5)
    assert recorder.notes == ["model.mean: m.keras has no layer that scales pixels; they are passed in [0, 1]"]


def test_a_model_that_scales_its_input_gets_pixels_up_to_255(tmp_path, recorder):
    model = save_model(tmp_path / "m.keras", keras.layers.Rescaling(1 / 127.5, -1))
    features = encode_batches(load(tmp_path / "m.keras", recorder), PIXELS)
    np.testing.assert_allclose(features, model.predict(PIXELS.astype("float32"), verbose=0), rtol=1e-3, atol=1e-4)
    assert recorder.notes == []


def test_an_intermediate_layer_is_pooled(tmp_path, recorder):
    model = save_model(tmp_path / "m.keras")
    inner = keras.Model(model.inputs, model.get_layer("conv").output).predict(PIXELS / 255, verbose=0)
    average = encode_batches(load(tmp_path / "m.keras", recorder, layer="conv"), PIXELS)
    np.testing.assert_allclose(average, inner.mean(axis=(1, 2)), rtol=1e-3, atol=1e-5)
    first = encode_batches(load(tmp_path / "m.keras", recorder, layer="conv", pool="first"), PIXELS)
    np.testing.assert_allclose(first, inner[:, 0, 0], rtol=1e-3, atol=1e-5)


def test_images_are_resized_to_the_input_of_the_model(tmp_path, recorder):
    save_model(tmp_path / "m.keras", shape=(6, 6, 1))
    network = load(tmp_path / "m.keras", recorder)
    assert (network.input.size, network.input.channels) == ((6, 6), 1)
    assert encode_batches(network, PIXELS).shape == (20, 80)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"layer": "none"}, "model.layer = 'none': {} has no such layer; its last are conv, flat"),
        ({"image_size": 13}, "model.image_size = 13: {} takes images of 12×12; remove the key"),
    ],
)
def test_settings_that_do_not_suit_are_refused(tmp_path, recorder, keys, message):
    path = tmp_path / "m.keras"
    save_model(path)
    with pytest.raises(UserError) as caught:
        load(path, recorder, **keys)
    assert str(caught.value) == message.format(path)


def test_a_model_of_vectors_is_refused(tmp_path, recorder):
    keras.Sequential([keras.Input((7,)), keras.layers.Dense(2)]).save(tmp_path / "m.keras")
    with pytest.raises(UserError, match=r"takes inputs of shape \(None, 7\); a network of images takes \(n, height"):
        load(tmp_path / "m.keras", recorder)


def test_a_file_with_code_in_it_is_refused(tmp_path, recorder):
    model = keras.Sequential([keras.Input((4, 4, 3)), keras.layers.Lambda(lambda values: values * 2)])
    model.save(tmp_path / "m.keras")
    with pytest.raises(UserError, match=r"^model\.encoder: .*m\.keras is not a Keras model that can be read: .*lambda"):
        load(tmp_path / "m.keras", recorder)


@pytest.mark.parametrize("name", ["no.keras", "photo.png", "efficientnet_lite9", "keras.applications.NoNet"])
def test_an_unknown_encoder_is_refused(recorder, name):
    with pytest.raises(UserError, match=r"^model\.encoder = '.*': (there is no such file|no such (encoder|network))"):
        load(name, recorder)


@pytest.mark.parametrize("module", ["vgg16", "resnet_v2", "densenet", "efficientnet", "mobilenet_v3"])
def test_the_scaling_of_an_application_is_its_own(module):
    preprocess = import_module(f"keras.applications.{module}").preprocess_input
    expected = np.asarray(preprocess(PIXELS.astype("float32")))
    prepared = _affine_format(preprocess, (12, 12)).prepare(PIXELS)
    np.testing.assert_allclose(prepared, expected, rtol=1e-4, atol=1e-3)


@pytest.mark.slow
def test_an_application_takes_weights_from_a_file(tmp_path, recorder):
    keras.utils.set_random_seed(0)
    model = keras.applications.MobileNet(include_top=False, weights=None, input_shape=(32, 32, 3), alpha=1.0)
    model.save_weights(tmp_path / "m.weights.h5")
    network = load(MOBILE, recorder, weights=str(tmp_path / "m.weights.h5"), image_size=32)
    pixels = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3), np.uint8)
    expected = model.predict(pixels / 127.5 - 1, verbose=0).mean(axis=(1, 2))
    np.testing.assert_allclose(encode_batches(network, pixels), expected, rtol=1e-3, atol=1e-4)


def test_weights_that_cannot_be_downloaded_are_one_line(recorder, monkeypatch):
    def refuse(*_, **__):
        raise OSError("URL fetch failure: no network")

    monkeypatch.setattr("keras.src.applications.mobilenet.file_utils.get_file", refuse)
    with pytest.raises(UserError) as caught:
        load(MOBILE, recorder, image_size=32)
    assert str(caught.value) == (
        "model.weights = 'imagenet': MobileNet cannot be built: URL fetch failure: no network; without a network, give "
        "model.weights=FILE.weights.h5"
    )
