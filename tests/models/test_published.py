"""The published autoencoders: their layers, parameters, trainings and refinements."""

from functools import cache
from types import SimpleNamespace

import numpy as np
import pytest

import pipeline.models.training as training
from pipeline.artifacts import to_unit_range
from pipeline.config.compose import compose_config
from pipeline.models.layers import layer_table
from tests.networks import CONF, build_pair
from tests.reproduction.published import PUBLISHED

CNN64 = (
    ["14×14×32", "7×7×64", "3136", "64"],
    ["3136", "7×7×64", "14×14×32", "28×28×1"],
    [160, 8256, 200_768, 203_840, 8224, 129],
)
DENSE_DEC = (
    ["784", "500", "500", "2000", "10"],
    ["2000", "500", "500", "784", "28×28×1"],
    [392_500, 250_500, 1_002_000, 20_010, 22_000, 1_000_500, 250_500, 392_784],
)
LAYERS = {
    "selu_transpose": (
        ["28×28×16", "14×14×16", "14×14×32", "7×7×32", "7×7×64", "3×3×64"],
        ["7×7×32", "14×14×16", "28×28×1"],
        [160, 4640, 18_496, 18_464, 4624, 145],
    ),
    "dense64": (["784", "784", "64"], ["784", "28×28×1"], [615_440, 50_240, 50_960]),
    "cnn64_relu": CNN64,
    "cnn64_elu": CNN64,
    "conv7x7x2": (
        ["28×28×16", "14×14×16", "14×14×2", "7×7×2"],
        ["7×7×2", "14×14×2", "14×14×16", "28×28×16", "28×28×1"],
        [160, 290, 38, 304, 145],
    ),
    "conv4x4x4_upsample": (
        ["28×28×16", "14×14×16", "14×14×8", "7×7×8", "7×7×4", "4×4×4"],
        ["4×4×4", "8×8×4", "8×8×8", "16×16×8", "14×14×16", "28×28×16", "28×28×1"],
        [160, 1160, 292, 148, 296, 1168, 145],
    ),
    "conv3x3x4_transpose": (
        ["26×26×16", "13×13×16", "11×11×8", "5×5×8", "3×3×4"],
        ["3×3×4", "6×6×4", "6×6×8", "12×12×8", "14×14×16", "28×28×16", "28×28×1"],
        [160, 1160, 292, 148, 296, 1168, 145],
    ),
    "dec": DENSE_DEC,
    "idec": (["28×28×1", *DENSE_DEC[0]], [*DENSE_DEC[1][:-1], "784", "28×28×1"], DENSE_DEC[2]),  # scaled inputs
    "dcec": (
        ["14×14×32", "7×7×64", "3×3×128", "1152", "10"],
        ["1152", "3×3×128", "7×7×64", "14×14×32", "28×28×1"],
        [832, 51_264, 73_856, 11_530, 12_672, 73_792, 51_232, 801],
    ),
}
"""As published: output shapes of the encoder's and of the decoder's layers, and the layers' parameters."""

PARAMETERS = {
    "selu_transpose": 46_529, "dense64": 716_640, "cnn64_relu": 421_377, "cnn64_elu": 421_377, "conv7x7x2": 937,
    "conv4x4x4_upsample": 3369, "conv3x3x4_transpose": 3369, "dec": 3_330_794, "idec": 3_330_794, "dcec": 275_979,
}  # fmt: skip
REFINEMENTS = {"dec": (1.0, 0.0), "idec": (0.1, 26.01), "dcec": (0.1, 1.0)}
"""Weights of the clustering loss and of the reconstruction loss."""


@cache
def experiment(name):
    return compose_config(f"experiment={name}")


@pytest.mark.parametrize("name", LAYERS)
def test_every_layer_is_as_published(name):
    encoder, decoder = build_pair(experiment(name).model)
    rows = layer_table(encoder, decoder)
    encoder_shapes, decoder_shapes, parameters = LAYERS[name]
    assert [row["output"] for row in rows if row["part"] == "encoder"] == encoder_shapes
    assert [row["output"] for row in rows if row["part"] == "decoder"] == decoder_shapes
    assert [row["parameters"] for row in rows if row["parameters"]] == parameters
    assert encoder.count_params() + decoder.count_params() == sum(parameters) == PARAMETERS[name]


ADADELTA = {"_target_": "keras.optimizers.Adadelta", "rho": 0.95}
ADAM = {"_target_": "keras.optimizers.Adam"}
TRAININGS = {
    "selu_transpose": ("binary_crossentropy", {"_target_": "keras.optimizers.SGD"}, 1.0, 32, 5),
    "dense64": ("mse", ADAM, 0.001, 256, 20),
    "cnn64_relu": ("mse", ADAM, 0.001, 256, 20),
    "cnn64_elu": ("mse", ADAM, 0.001, 256, 20),
    "conv7x7x2": ("binary_crossentropy", ADADELTA, 1.0, 32, 3),
    "conv4x4x4_upsample": ("binary_crossentropy", ADADELTA, 0.001, 256, 50),
    "conv3x3x4_transpose": ("binary_crossentropy", ADADELTA, 0.001, 256, 50),
}


@pytest.mark.parametrize("name", TRAININGS)
def test_every_training_is_as_published(name):
    config = experiment(name)
    train = config.train
    assert (train.loss, train.optimizer, train.learning_rate, train.batch_size, train.epochs) == TRAININGS[name]
    assert (train.split, train.schedule, train.min_steps, train.barlow_twins_weight) == ("train", "constant", 0, 0)
    assert not any(train.corruption.model_dump().values())
    assert (config.manifold.name, config.cluster.name, config.cluster.k) == ("none", "kmeans", 10)
    assert config.cluster.estimator["random_state"] == 42
    assert config.cluster.estimator["n_init"] == (1 if name == "conv7x7x2" else 10)
    assert config.data.split == ("test" if name == "conv7x7x2" else "train")


@pytest.mark.parametrize("name", REFINEMENTS)
def test_every_refinement_is_as_published(name):
    config = experiment(name)
    refine = config.refine
    assert (refine.gamma, refine.reconstruction) == REFINEMENTS[name]
    assert (refine.name, refine.k, refine.alpha, refine.n_init) == (name, 10, 1, 20)
    assert (refine.update_interval, refine.tol) == (140, 0.001)
    assert not any(refine.corruption.model_dump().values())
    assert (config.data.split, config.train.split) == ("all", "all")
    assert (config.manifold.name, config.cluster.name, config.cluster.k) == ("none", "kmeans", 10)


def test_idec_weighs_the_errors_of_pixels_from_0_to_5():
    config = experiment("idec")
    scale, inverse = config.model.encoder[0]["scale"], config.model.decoder[-2]["scale"]
    assert scale == pytest.approx(255 / 50)
    assert scale * inverse == pytest.approx(1)
    assert config.refine.reconstruction == pytest.approx(scale**2)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["selu_transpose", "dense64", "conv3x3x4_transpose"])
def test_every_optimizer_trains(images, name):
    config = compose_config(f"experiment={name}", "train.epochs=1")
    enlarged = type(images)(
        *(to_unit_range(part).repeat(4, 1).repeat(4, 2)[:16, 2:30, 2:30] for part in (images.train, images.test))
    )
    trained = training.train_autoencoder(config.model, config.train, enlarged)
    expected = {"loss", "val_loss"}
    expected |= {"rounded_accuracy", "val_rounded_accuracy"} if name == "selu_transpose" else set()
    assert set(trained.history[0]) == expected
    assert trained.reconstruct(enlarged.test).shape == (16, 28, 28, 1)


def test_selu_transpose_validates_on_the_last_5000_images():
    images = SimpleNamespace(part={"train": np.arange(60_000)}.get, test=np.arange(10_000))
    training_images, validation_images = training._split(experiment("selu_transpose").train, images)
    assert (len(training_images), validation_images[0], validation_images[-1]) == (55_000, 55_000, 59_999)


def test_cnn64_elu_draws_t_sne_of_the_first_5000_images():
    config = experiment("cnn64_elu")
    expected = {"max_points": 5000, "perplexity": 15.0, "learning_rate": 100, "seed": 0}
    assert config.project.arguments().items() >= expected.items()
    assert config.neighbors.k >= 45
    assert config.report.colour_bar
    assert config.report.thumbnails == 200


def test_the_sweep_has_every_published_training():
    from omegaconf import OmegaConf

    parameters = OmegaConf.load(CONF.parent / "sweep" / "published.yaml").hydra.sweeper.params
    names = [published.experiment for published in PUBLISHED]
    assert str(parameters.experiment).split(",") == names == list(TRAININGS)
    assert all(published.parameters == PARAMETERS[published.experiment] for published in PUBLISHED)
