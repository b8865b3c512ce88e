"""Stored models: which classes may be loaded, also from files of earlier versions."""

import json

import numpy as np
import pytest

from pipeline.models.autoencoder import Autoencoder
from pipeline.models.baselines import PCAModel, PixelModel
from pipeline.models.keras_autoencoder import KerasAutoencoder
from tests.networks import DENSE, build_pair

EPOCH = {"loss": 0.5, "val_loss": 0.4}
REFINED = {"step": 20.0, "kl": 0.1, "changed": 0.0}


def write_old_form(model, folder, class_path, *absent):
    """Save a model as an earlier version did: with the class's former path and without the fields in `absent`."""
    model.save(folder)
    file = folder / "artifact.json"
    metadata = json.loads(file.read_text()) | {"class": class_path}
    file.write_text(json.dumps({name: value for name, value in metadata.items() if name not in absent}))


def old_models():
    rng = np.random.default_rng(0)
    pca = PCAModel(rng.random(64).astype(np.float32), rng.random((3, 64)).astype(np.float32), (8, 8, 1))
    keras_model = KerasAutoencoder(*build_pair(DENSE, (8, 8, 1)), [EPOCH], [REFINED])
    return {
        "pipeline.models.training:KerasAutoencoder": keras_model,
        "pipeline.models.null:PCA": pca,
        "pipeline.models.null:Pixels": PixelModel((8, 8, 1)),
    }


@pytest.mark.parametrize("class_path", old_models())
def test_models_of_earlier_versions_load(class_path, tmp_path):
    model = old_models()[class_path]
    write_old_form(model, tmp_path, class_path)
    loaded = Autoencoder.load(tmp_path)
    assert type(loaded) is type(model)
    pixels = np.random.default_rng(1).integers(0, 256, (4, 8, 8, 1), np.uint8)
    np.testing.assert_array_equal(loaded.encode(pixels), model.encode(pixels))
    assert (loaded.history, loaded.refinement, loaded.summary) == (model.history, model.refinement, model.summary)


def test_a_model_without_refinement_field_loads(tmp_path):
    write_old_form(PixelModel((8, 8, 1)), tmp_path, "pipeline.models.null:Pixels", "refinement")
    assert Autoencoder.load(tmp_path).refinement == []


@pytest.mark.parametrize(
    "class_path", ["os:system", "pipeline.artifacts.images:Images", "pipeline.models.autoencoder:missing", ""]
)
def test_only_autoencoder_classes_of_this_package_may_be_named(class_path, tmp_path):
    write_old_form(PixelModel((8, 8, 1)), tmp_path, class_path)
    with pytest.raises(ValueError, match=r"is not an autoencoder class of this package"):
        Autoencoder.load(tmp_path)


def test_metrics_are_the_last_rows_of_both_histories():
    model = KerasAutoencoder(*build_pair(DENSE, (8, 8, 1)), [EPOCH], [REFINED])
    size = 64 * 4 + 4 + 4 * 64 + 64
    assert model.parameters == size
    assert model.metrics() == {
        "model/parameters": size, "reconstruction/loss": 0.5, "reconstruction/val_loss": 0.4, "refinement/step": 20.0,
        "refinement/kl": 0.1, "refinement/changed": 0.0,
    }  # fmt: skip
