"""Pooling and upsampling of every kind, in layers and in autoencoders that have the choice."""

import keras
import numpy as np
import pytest

import pipeline.models.training as training
from pipeline.artifacts import unit_range
from pipeline.config import Model
from pipeline.errors import UserError
from pipeline.models.base import Autoencoder
from pipeline.models.resizing import BedOfNails, MaxUnpool, places_of_maxima, pool, upsample
from pipeline.reproduction.published import PUBLISHED
from tests.helpers import compose
from tests.networks import fit, pair

pytestmark = [
    # Keras copies a variable with np.array, which hands `copy` to TensorFlow's __array__, which does not know it.
    pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning"),
]


TOTALS = {one.experiment: one.parameters for one in PUBLISHED}
KINDS = ("nearest", "bed_of_nails", "max_unpool")
UPSAMPLING = ("conv7x7x2", "conv4x4x4_upsample", "conv3x3x4_transpose")


MAPS = np.random.default_rng(0).permutation(2 * 6 * 4 * 3).reshape(2, 6, 4, 3).astype(np.float32) + 1


def test_nearest_repeats_every_value():
    expected = MAPS.repeat(3, axis=1).repeat(3, axis=2)
    np.testing.assert_array_equal(upsample("nearest", 3)(MAPS), expected)


@pytest.mark.parametrize("kind", ["bed_of_nails", "max_unpool"])
def test_a_bed_of_nails_and_unpooling_without_places(kind):
    made = np.asarray(upsample(kind, 2)(MAPS))
    assert made.shape == (2, 12, 8, 3)
    np.testing.assert_array_equal(made[:, ::2, ::2], MAPS)
    assert np.count_nonzero(made) == MAPS.size


def test_unpooling_by_hand():
    image = np.array([[1, 2, 5, 0], [3, 9, 0, 0], [0, 0, 0, 4], [7, 0, 0, 0]], np.float32).reshape(1, 4, 4, 1)
    places = places_of_maxima(image, 2, "valid")
    np.testing.assert_array_equal(np.asarray(places)[0, ..., 0], [[3, 0], [2, 1]])
    back = np.asarray(MaxUnpool(2)(np.array([[10, 20], [30, 40]], np.float32).reshape(1, 2, 2, 1), places))
    np.testing.assert_array_equal(back[0, ..., 0], [[0, 0, 20, 0], [0, 10, 0, 0], [0, 0, 0, 40], [30, 0, 0, 0]])


@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize("shape", [(6, 4), (7, 7), (5, 8)])
def test_what_is_pooled_and_unpooled_is_where_it_was(padding, shape):
    image = (np.random.default_rng(1).normal(size=(3, *shape, 2)) - 5).astype(np.float32)  # below zero, as after elu
    pooled = pool("max", 2, padding)(image)
    back = np.asarray(MaxUnpool(2)(pooled, places_of_maxima(image, 2, padding)))[:, : shape[0], : shape[1]]
    kept = back != 0
    assert kept.sum() == np.asarray(pooled).size
    np.testing.assert_array_equal(back[kept], image[:, : back.shape[1], : back.shape[2]][kept])


def test_places_of_another_size_are_cut_or_extended_by_beds_of_nails():
    image = np.zeros((1, 4, 4, 1), np.float32)
    image[0, 1::2, 1::2] = 1
    places = places_of_maxima(image, 2, "valid")
    larger = np.asarray(MaxUnpool(2)(np.ones((1, 3, 3, 1), np.float32), places))[0, ..., 0]
    assert set(zip(*np.nonzero(larger), strict=True)) == {
        (1, 1), (1, 3), (3, 1), (3, 3), (0, 4), (2, 4), (4, 0), (4, 2), (4, 4),
    }  # fmt: skip
    smaller = np.asarray(MaxUnpool(2)(np.ones((1, 1, 1, 1), np.float32), places))[0, ..., 0]
    np.testing.assert_array_equal(smaller, [[0, 0], [0, 1]])


def test_average_pooling_averages():
    expected = MAPS.reshape(2, 3, 2, 2, 2, 3).mean(axis=(2, 4))
    np.testing.assert_allclose(pool("average", 2)(MAPS), expected, rtol=1e-6)


@pytest.mark.parametrize("kind", [BedOfNails, MaxUnpool])
def test_the_layers_say_their_shape_and_can_be_rebuilt(kind):
    layer = kind(3, name="up")
    assert layer.compute_output_shape((None, 2, 4, 5)) == (None, 6, 12, 5)
    again = keras.layers.deserialize(keras.layers.serialize(layer))
    assert (type(again), again.size, again.name) == (kind, 3, "up")


# Autoencoders with a choice


def choose(tmp_path, name, **words):
    return compose(f"model={name}", *(f"model.{key}={value}" for key, value in words.items()), outputs=tmp_path).model


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", UPSAMPLING)
def test_every_model_takes_every_kind_at_equal_parameters(name, kind, tmp_path):
    encoder, decoder = pair(choose(tmp_path, name, upsampling=kind))
    assert encoder.count_params() + decoder.count_params() == TOTALS[name]
    assert decoder.output_shape == (None, 28, 28, 1)
    built = training.KerasAutoencoder(encoder, decoder)
    pixels = np.random.default_rng(0).random((3, 28, 28, 1)).astype(np.float32)
    same = np.allclose(built.reconstruct(pixels), built.decode(built.encode(pixels)), atol=1e-6)
    assert same == (kind != "max_unpool")
    assert built.reconstruct(pixels[:0]).shape == (0, 28, 28, 1)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_trains_validates_and_comes_back_from_disk(images, kind, tmp_path):
    built = fit(images, choose(tmp_path, "conv7x7x2", upsampling=kind, activation="elu"), learning_rate=0.01, epochs=4)
    losses = [one["val_loss"] for one in built.history]
    assert losses[-1] < losses[0]
    error = np.mean((built.reconstruct(images.held_out) - unit_range(images.held_out)) ** 2)
    assert error == pytest.approx(losses[-1], rel=1e-4)
    built.save(tmp_path / "kept")
    loaded = Autoencoder.load(tmp_path / "kept")
    codes = built.encode(images.held_out)
    np.testing.assert_array_equal(loaded.decode(codes), built.decode(codes))
    np.testing.assert_array_equal(loaded.reconstruct(images.held_out), built.reconstruct(images.held_out))


@pytest.mark.parametrize("activation", ["relu", "elu", "selu"])
@pytest.mark.parametrize("name", ["dense64", "cnn64"])
def test_every_activation_reaches_the_bottleneck(name, activation, tmp_path):
    encoder, _ = pair(choose(tmp_path, name, activation=activation, latent_dim=5), (8, 8, 1))
    assert encoder.output_shape == (None, 5)
    assert keras.activations.serialize(encoder.layers[-1].activation) == activation


def test_padding_and_pooling_reach_the_layers(tmp_path):
    shapes = [
        pair(choose(tmp_path, "cnn64", padding=kind), (28, 28, 1))[0].layers[0].padding for kind in ("same", "valid")
    ]
    assert shapes == ["same", "valid"]
    encoder, _ = pair(choose(tmp_path, "conv7x7x2", pooling="average", padding="valid"))
    assert [type(layer).__name__ for layer in encoder.layers][1] == "AveragePooling2D"
    assert encoder.layers[1].padding == "valid"


def test_unpooling_needs_max_pooling_with_the_same_channels(images, tmp_path):
    with pytest.raises(UserError, match=r"model\.upsampling = max_unpool: .* set model\.pooling=max"):
        fit(images, choose(tmp_path, "conv7x7x2", upsampling="max_unpool", pooling="average"))
    values = choose(tmp_path, "conv7x7x2", upsampling="max_unpool").model_dump()
    values["decoder"][2]["filters"] = 5
    with pytest.raises(UserError, match=r"max_unpool: .* \(5, \(2, 2\), \(2, 2\)\) cannot use .* \(16, "):
        fit(images, Model(**values))


@pytest.mark.parametrize("name", ["selu_transpose", "dense64", "conv3x3x4_transpose"])  # one of each optimizer
def test_every_optimizer_trains_its_set_up(images, name, tmp_path):
    config = compose(f"experiment={name}", "train.epochs=1", outputs=tmp_path)
    grown = type(images)(
        *(unit_range(part).repeat(4, 1).repeat(4, 2)[:16, 2:30, 2:30] for part in (images.train, images.test))
    )
    built = training.fit(config.model, config.train, grown)
    wanted = {"loss", "val_loss"}
    wanted |= {"rounded_accuracy", "val_rounded_accuracy"} if name == "selu_transpose" else set()
    assert set(built.history[0]) == wanted
    assert built.reconstruct(grown.test).shape == (16, 28, 28, 1)
