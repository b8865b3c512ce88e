"""Baseline models: pixels and principal components."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.decomposition import PCA

from pipeline.artifacts import Images, to_unit_range
from pipeline.config import Model, Train
from pipeline.config.compose import compose_config
from pipeline.config.instantiate import import_target
from pipeline.models.autoencoder import Autoencoder
from pipeline.models.baselines import PCAModel, PixelModel, fit_pca, fit_pixels
from pipeline.runtime.errors import UserError

TRAIN = Train(name="test")


def test_pixel_latents_are_the_flattened_images(images, tmp_path):
    model = fit_pixels(Model(name="pixels"), TRAIN, images)
    codes = model.encode(images.fitted)
    assert codes.shape == (96, 64)
    np.testing.assert_array_equal(model.decode(codes), to_unit_range(images.fitted))
    model.save(tmp_path)
    loaded = Autoencoder.load(tmp_path)
    assert isinstance(loaded, PixelModel)
    np.testing.assert_array_equal(loaded.decode(loaded.encode(images.held_out)), to_unit_range(images.held_out))


def test_pca_equals_scikit_learn(images, tmp_path):
    model = fit_pca(Model(name="pca", latent_dim=7), TRAIN, images)
    reference = PCA(7, svd_solver="full").fit(to_unit_range(images.train).reshape(96, -1))
    held_out = to_unit_range(images.held_out).reshape(32, -1)
    codes = model.encode(images.held_out, batch_size=10)
    np.testing.assert_allclose(np.abs(codes), np.abs(reference.transform(held_out)), atol=1e-4)
    restored = np.clip(reference.inverse_transform(reference.transform(held_out)), 0, 1)
    np.testing.assert_allclose(model.decode(codes).reshape(32, -1), restored, atol=1e-4)
    assert model.encode(images.train[:0]).shape == (0, 7)
    model.save(tmp_path)
    loaded = Autoencoder.load(tmp_path)
    assert isinstance(loaded, PCAModel)
    np.testing.assert_array_equal(loaded.encode(images.held_out, batch_size=10), codes)


def test_pca_of_large_images_keeps_nearly_all_that_an_exact_one_keeps():
    """40 directions of falling variance in images of 2,700 values, and noise."""
    rng = np.random.default_rng(0)
    signal = rng.normal(size=(200, 40)) * np.linspace(1, 0.1, 40) @ rng.normal(size=(40, 2700))
    pixels = (0.5 + 0.01 * (signal + 0.1 * rng.normal(size=signal.shape))).astype(np.float32).reshape(200, 30, 30, 3)
    wide = Images(np.clip(pixels, 0, 1), np.empty((0, 30, 30, 3), np.float32))
    model = Model(name="pca", latent_dim=10)
    kept = fit_pca(model, TRAIN, wide).encode(wide.train).var(axis=0, ddof=1)
    exact = PCA(10, svd_solver="full").fit(wide.train.reshape(200, -1)).explained_variance_
    assert kept.sum() == pytest.approx(exact.sum(), rel=1e-3)
    np.testing.assert_array_equal(fit_pca(model, TRAIN, wide).components, fit_pca(model, TRAIN, wide).components)


@pytest.mark.parametrize("latent_dim", [None, 65])
def test_pca_refuses_more_components_than_pixels(images, latent_dim):
    with pytest.raises(UserError, match=rf"model\.latent_dim = {latent_dim}: .* 1 to 64"):
        fit_pca(Model(name="pca", latent_dim=latent_dim), TRAIN, images)


def test_pca_of_few_images_has_as_many_components(images, recorder):
    few = Images(images.train[:7], images.test[:0])
    assert fit_pca(Model(name="pca", latent_dim=64), TRAIN, few, recorder).bottleneck == (7,)
    assert recorder.notes == ["model.latent_dim = 64 is lowered to 7: there are 7 images"]


@pytest.mark.parametrize("split", ["train", "test"])
def test_pca_fits_the_given_split(images, split):
    model = Model(name="pca", latent_dim=3)
    expected = fit_pca(model, TRAIN, Images(images.part(split), images.test[:0]))
    np.testing.assert_array_equal(fit_pca(model, Train(name="test", split=split), images).mean, expected.mean)


@pytest.mark.parametrize("name", ["pca", "vectors"])
def test_a_part_without_images_is_refused(images, name):
    empty = replace(images, test=images.test[:0], vectors=np.zeros((len(images.train), 3), np.float32))
    config = compose_config(f"model={name}", "train.split=test")
    fit = import_target(config.model.target, "model._target_")
    with pytest.raises(UserError, match=r"^train\.split = 'test': that part has 0 images; choose another"):
        fit(config.model, config.train, empty)
