"""Autoencoders: the published tables, other image shapes, and the null models."""

import numpy as np
import pytest
from sklearn import decomposition

import pipeline.models.training as training
from pipeline.artifacts import Images, unit_range
from pipeline.config import Model, Train
from pipeline.errors import UserError
from pipeline.models.base import Autoencoder
from pipeline.models.layers import build_encoder, summarise
from pipeline.models.null import PCA, Pixels, fit_pca, fit_pixels
from tests.networks import BACK, FLAT, SMALL, layer, load, pair

pytestmark = [
    # Keras copies a variable with np.array, which hands `copy` to TensorFlow's __array__, which does not know it.
    pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning"),
]


# Layer tables


@pytest.mark.parametrize(
    ("name", "bottleneck", "outputs", "parameters"),
    [
        ("conv64", (64,), ["14×14×32", "7×7×64", "3136", "64", "64"], 421_377 + 128),
        ("conv7x7x2", (7, 7, 2), ["28×28×16", "14×14×16", "14×14×2", "7×7×2"], 937),
    ],
)
def test_the_published_tables(name, bottleneck, outputs, parameters):
    encoder, decoder = pair(load(name), (28, 28, 1))
    rows = summarise(encoder, decoder)
    assert encoder.output_shape[1:] == bottleneck
    assert decoder.output_shape[1:] == (28, 28, 1)
    assert [row["output"] for row in rows if row["part"] == "encoder"] == outputs
    assert sum(row["parameters"] for row in rows) == encoder.count_params() + decoder.count_params() == parameters


@pytest.mark.parametrize("name", ["conv64", "conv7x7x2"])
@pytest.mark.parametrize("shape", [(8, 8, 1), (30, 30, 3), (12, 20, 1)])
def test_other_image_shapes_need_no_other_table(name, shape, tmp_path):
    built = training.KerasAutoencoder(*pair(load(name), shape))
    pixels = np.random.default_rng(0).random((5, *shape)).astype(np.float32)
    codes, decoded = built.encode(pixels), built.decode(built.encode(pixels))
    assert decoded.shape == pixels.shape
    assert codes.shape == (5, np.prod(built.bottleneck))
    built.save(tmp_path)
    loaded = Autoencoder.load(tmp_path)
    np.testing.assert_array_equal(loaded.encode(pixels), codes)
    np.testing.assert_array_equal(loaded.decode(codes), decoded)
    assert loaded.summary == built.summary
    assert loaded.bottleneck == built.bottleneck


def test_encoding_in_batches_is_encoding_at_once():
    built = training.KerasAutoencoder(*pair(SMALL, (8, 8, 1)))
    pixels = np.random.default_rng(0).integers(0, 256, (7, 8, 8, 1), np.uint8)
    np.testing.assert_allclose(built.encode(pixels, batch_size=3), built.encode(pixels), atol=1e-6)
    np.testing.assert_allclose(built.encode(pixels), built.encode(unit_range(pixels)), atol=1e-6)
    assert built.encode(pixels[:0]).shape == (0, 8)


@pytest.mark.parametrize("latent_dim", [1, 3])
def test_the_latent_size_reaches_the_bottleneck(latent_dim):
    encoder, _ = pair(load("conv64", latent_dim=latent_dim), (8, 8, 1))
    assert encoder.output_shape == (None, latent_dim)
    encoder, _ = pair(load("conv7x7x2", latent_channels=latent_dim), (28, 28, 1))
    assert encoder.output_shape == (None, 7, 7, latent_dim)


@pytest.mark.parametrize(
    ("encoder", "decoder", "message"),
    [
        (
            [layer("Dense", units="@unknown")],
            BACK,
            r"^model\.encoder\[0\]: @unknown is unknown here; there are @height",
        ),
        # Without a Flatten there is no map for the decoder to mirror.
        (
            [layer("Conv2D", filters=1, kernel_size=1)],
            [layer("Dense", units="@map_size")],
            r"^model\.decoder\[0\]: @map_size",
        ),
        (
            [layer("Flatten"), layer("Conv2D", filters=1, kernel_size=1)],
            BACK,
            r"^model\.encoder\[1\]: keras\.layers\.Conv2D does not fit onto \(64,\): .* expected min_ndim=4, found",
        ),
        (
            FLAT,
            [BACK[0], layer("Reshape", target_shape=[7, 7, 1])],
            r"^model\.decoder\[1\]: keras\.layers\.Reshape does not fit onto \(64,\): The total size",
        ),
        ([{"units": 3}], BACK, r"^model\.encoder\[0\]: has no _target_"),
        ([layer("Dense", unitz=3)], BACK, r"^model\.encoder\[0\]: keras\.layers\.Dense could not be built"),
        ([layer("Dens", units=3)], BACK, r"^model\.encoder\[0\]: keras\.layers\.Dens cannot be imported"),
        (FLAT, [layer("Dense", units=9)], r"^model\.decoder: it makes \(9,\) from images of \(8, 8, 1\)"),
        (
            FLAT,
            [layer("Dense", units=9), layer("Reshape", target_shape=[3, 3, 1])],
            r"^model\.decoder: it makes \(3, 3, 1\)",
        ),
        ([], BACK, r"^model\.encoder: has no layers"),
        (FLAT, [], r"^model\.decoder: has no layers"),
    ],
)
def test_a_table_that_does_not_fit_names_the_layer(encoder, decoder, message):
    with pytest.raises(UserError, match=message):
        pair(Model(name="broken", encoder=encoder, decoder=decoder), (8, 8, 1))


def conv(size, stride=1):
    return layer("Conv2D", filters=1, kernel_size=size, strides=stride, padding="same")


POOL = layer("MaxPooling2D", pool_size=2, padding="same")


@pytest.mark.parametrize(
    ("table", "fields"),
    [
        ([conv(3), POOL, conv(3), POOL], [3, 4, 8, 10]),
        ([conv(2, 2), conv(2, 2), layer("Flatten"), layer("Dense", units=2)], [2, 4, 4, 28]),
        ([conv(5, 2), conv(5, 2), conv(3)], [5, 13, 21]),
        ([conv(3, 2)] * 4, [3, 7, 15, 28]),  # never more than the image
    ],
)
def test_receptive_fields_worked_by_hand(table, fields):
    encoder = build_encoder(table, (28, 28, 1))
    rows = summarise(encoder, build_encoder([conv(1)], (28, 28, 1)))
    assert [row["receptive_field"] for row in rows] == [*fields, None]


# Null models


def test_pixels_are_their_own_latents(images, tmp_path):
    model = fit_pixels(Model(name="pixels"), Train(name="test"), images)
    codes = model.encode(images.fitted)
    assert codes.shape == (96, 64)
    np.testing.assert_array_equal(model.decode(codes), unit_range(images.fitted))
    model.save(tmp_path)
    loaded = Autoencoder.load(tmp_path)
    assert isinstance(loaded, Pixels)
    np.testing.assert_array_equal(loaded.decode(loaded.encode(images.held_out)), unit_range(images.held_out))


def test_pca_is_scikit_learns(images, tmp_path):
    model = fit_pca(load("pca", latent_dim=7), Train(name="test"), images)
    reference = decomposition.PCA(7, svd_solver="full").fit(unit_range(images.train).reshape(96, -1))
    held = unit_range(images.held_out).reshape(32, -1)
    codes = model.encode(images.held_out, batch_size=10)
    np.testing.assert_allclose(np.abs(codes), np.abs(reference.transform(held)), atol=1e-4)
    restored = np.clip(reference.inverse_transform(reference.transform(held)), 0, 1)
    np.testing.assert_allclose(model.decode(codes).reshape(32, -1), restored, atol=1e-4)
    assert model.encode(images.train[:0]).shape == (0, 7)
    model.save(tmp_path)
    loaded = Autoencoder.load(tmp_path)
    assert isinstance(loaded, PCA)
    np.testing.assert_array_equal(loaded.encode(images.held_out, batch_size=10), codes)


@pytest.mark.parametrize("latent_dim", [None, 65])
def test_pca_cannot_have_more_components_than_pixels(images, latent_dim):
    with pytest.raises(UserError, match=rf"model\.latent_dim = {latent_dim}: .* 1 to 64"):
        fit_pca(Model(name="pca", latent_dim=latent_dim), Train(name="test"), images)


@pytest.mark.parametrize("split", ["train", "test"])
def test_the_null_models_fit_the_part_that_is_asked_for(images, split):
    fitted = Images(images.part(split), images.test[:0])
    model = Model(name="pca", latent_dim=3)
    wanted = fit_pca(model, Train(name="test"), fitted)
    np.testing.assert_array_equal(fit_pca(model, Train(name="test", split=split), images).mean, wanted.mean)
