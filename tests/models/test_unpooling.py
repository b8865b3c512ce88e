"""Autoencoders with a choice of pooling and upsampling, trained and stored."""

import keras
import numpy as np
import pytest

from pipeline.artifacts import to_unit_range
from pipeline.config import Model
from pipeline.config.model import Corruption
from pipeline.models.autoencoder import Autoencoder
from pipeline.models.keras_autoencoder import KerasAutoencoder
from pipeline.models.unpooling import autoencode, match_unpooling
from pipeline.runtime.errors import UserError
from tests.networks import build_pair, load_model, train_model

KINDS = ("nearest", "bed_of_nails", "max_unpool")
PARAMETERS = {"conv7x7x2": 937, "conv4x4x4_upsample": 3369, "conv3x3x4_transpose": 3369}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "name", ["conv7x7x2", *(pytest.param(name, marks=pytest.mark.slow) for name in [*PARAMETERS][1:])]
)
def test_every_kind_of_upsampling_has_equally_many_parameters(name, kind):
    encoder, decoder = build_pair(load_model(name, upsampling=kind))
    assert encoder.count_params() + decoder.count_params() == PARAMETERS[name]
    assert decoder.output_shape == (None, 28, 28, 1)
    built = KerasAutoencoder(encoder, decoder)
    pixels = np.random.default_rng(0).random((2, 28, 28, 1)).astype(np.float32)
    equal = np.allclose(built.reconstruct(pixels), built.decode(built.encode(pixels)), atol=1e-6)
    assert equal == (kind != "max_unpool")
    assert built.reconstruct(pixels[:0]).shape == (0, 28, 28, 1)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["bed_of_nails", "max_unpool"])
def test_trained_upsampling_validates_and_loads(images, kind, tmp_path):
    model = load_model("conv7x7x2", upsampling=kind, activation="elu")
    trained = train_model(images, model, learning_rate=0.01, epochs=3)
    losses = [row["val_loss"] for row in trained.history]
    assert losses[-1] < losses[0]
    error = np.mean((trained.reconstruct(images.held_out) - to_unit_range(images.held_out)) ** 2)
    assert error == pytest.approx(losses[-1], rel=1e-4)
    trained.save(tmp_path)
    loaded = Autoencoder.load(tmp_path)
    codes = trained.encode(images.held_out)
    np.testing.assert_array_equal(loaded.decode(codes), trained.decode(codes))
    np.testing.assert_array_equal(loaded.reconstruct(images.held_out), trained.reconstruct(images.held_out))


@pytest.mark.parametrize("activation", ["relu", "elu", "selu"])
@pytest.mark.parametrize("name", ["dense64", "cnn64"])
def test_activation_applies_to_the_bottleneck(name, activation):
    encoder, _ = build_pair(load_model(name, activation=activation, latent_dim=5), (8, 8, 1))
    assert encoder.output_shape == (None, 5)
    assert keras.activations.serialize(encoder.layers[-1].activation) == activation


def test_padding_and_pooling_apply_to_the_layers():
    encoders = [build_pair(load_model("cnn64", padding=padding))[0] for padding in ("same", "valid")]
    assert [encoder.layers[0].padding for encoder in encoders] == ["same", "valid"]
    encoder, _ = build_pair(load_model("conv7x7x2", pooling="average", padding="valid"))
    assert type(encoder.layers[1]).__name__ == "AveragePooling2D"
    assert encoder.layers[1].padding == "valid"


def test_unpooling_without_max_pooling_is_an_error():
    with pytest.raises(UserError, match=r"model\.upsampling = max_unpool: .* set model\.pooling=max"):
        match_unpooling(*build_pair(load_model("conv7x7x2", upsampling="max_unpool", pooling="average")))


def test_unpooling_with_other_channels_than_the_pooling_is_an_error():
    values = load_model("conv7x7x2", upsampling="max_unpool").model_dump()
    values["decoder"][2]["filters"] = 5
    with pytest.raises(
        UserError, match=r"max_unpool: .* \(5, \(2, 2\), \(2, 2\)\), but the matching pooling has \(16, "
    ):
        match_unpooling(*build_pair(Model(**values)))


def test_max_unpooling_takes_distorted_images_and_the_mode_of_the_call(images):
    model = load_model("conv7x7x2", upsampling="max_unpool")
    distorted = train_model(images, model, corruption=Corruption(rotate=10, shift=0.1))
    assert np.isfinite(distorted.history[-1]["loss"])
    dropped = model.model_copy(update={"encoder": [*model.encoder, {"_target_": "keras.layers.Dropout", "rate": 0.5}]})
    pair, pixels = build_pair(dropped, (8, 8, 1)), to_unit_range(images.train[:2])
    for training in (False, True):
        codes = [np.asarray(autoencode(*pair, pixels, training)[0]) for _ in range(2)]
        assert np.array_equal(*codes) == (not training)
