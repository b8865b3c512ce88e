"""The stage `train`."""

import pytest

from pipeline.config import Model, Train
from pipeline.models.baselines import PCAModel, PixelModel
from pipeline.runtime.errors import UserError
from pipeline.stages.train import train

CONFIG = Train(name="test")


def test_target_of_the_model_is_the_function_that_fits_it(images):
    pixels = train(CONFIG, Model(name="pixels", target="pipeline.models.baselines.fit_pixels"), images)
    pca = train(CONFIG, Model(name="pca", target="pipeline.models.baselines.fit_pca", latent_dim=3), images)
    assert (type(pixels), type(pca)) == (PixelModel, PCAModel)


def test_layer_tables_are_trained_by_default():
    assert Model(name="tables").target == "pipeline.models.training.train_autoencoder"


def test_a_target_that_does_not_exist_is_an_error(images):
    with pytest.raises(UserError, match=r"^model\._target_: .*pipeline\.models\.missing"):
        train(CONFIG, Model(name="missing", target="pipeline.models.missing"), images)
