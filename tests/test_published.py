"""The published autoencoders: their tables, their training and their drawings."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

import pipeline.models.training as training
from pipeline import figures
from pipeline.artifacts import Latents
from pipeline.embeddings import tsne
from pipeline.knn import exact
from pipeline.models.layers import summarise
from pipeline.models.rounding import RoundedAccuracy, rounded_accuracy
from pipeline.reproduction import write
from pipeline.reproduction.published import PUBLISHED
from pipeline.stages.report import report
from tests.helpers import compose
from tests.networks import pair
from tests.test_report import CONFIG, parts

pytestmark = [
    # Keras copies a variable with np.array, which hands `copy` to TensorFlow's __array__, which does not know it.
    pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning"),
]


CNN64 = (
    ["14×14×32", "7×7×64", "3136", "64"],
    ["3136", "7×7×64", "14×14×32", "28×28×1"],
    [160, 8256, 200_768, 203_840, 8224, 129],
)
TABLES = {
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
}
"""As published: output shapes of the encoder's layers and of the decoder's, and parameters of those that have any."""

TOTALS = {
    "selu_transpose": 46_529, "dense64": 716_640, "cnn64_relu": 421_377, "cnn64_elu": 421_377, "conv7x7x2": 937,
    "conv4x4x4_upsample": 3369, "conv3x3x4_transpose": 3369,
}  # fmt: skip

every = pytest.mark.parametrize("name", TABLES)


# The tables


@every
def test_every_layer_is_as_published(name, tmp_path):
    encoder, decoder = pair(compose(f"experiment={name}", outputs=tmp_path).model)
    rows = summarise(encoder, decoder)
    above, below, parameters = TABLES[name]
    assert [one["output"] for one in rows if one["part"] == "encoder"] == above
    assert [one["output"] for one in rows if one["part"] == "decoder"] == below
    assert [one["parameters"] for one in rows if one["parameters"]] == parameters
    assert encoder.count_params() + decoder.count_params() == sum(parameters) == TOTALS[name]


def test_the_parts_of_selu_transpose_have_the_published_parameters(tmp_path):
    encoder, decoder = pair(compose("experiment=selu_transpose", outputs=tmp_path).model)
    assert (encoder.count_params(), decoder.count_params()) == (23_296, 23_233)


# The trainings


ADADELTA = {"_target_": "keras.optimizers.Adadelta", "rho": 0.95}
TRAININGS = {
    "selu_transpose": ("binary_crossentropy", {"_target_": "keras.optimizers.SGD"}, 1.0, 32, 5),
    "dense64": ("mse", {"_target_": "keras.optimizers.Adam"}, 0.001, 256, 20),
    "cnn64_relu": ("mse", {"_target_": "keras.optimizers.Adam"}, 0.001, 256, 20),
    "cnn64_elu": ("mse", {"_target_": "keras.optimizers.Adam"}, 0.001, 256, 20),
    "conv7x7x2": ("binary_crossentropy", ADADELTA, 1.0, 32, 3),
    "conv4x4x4_upsample": ("binary_crossentropy", ADADELTA, 0.001, 256, 50),
    "conv3x3x4_transpose": ("binary_crossentropy", ADADELTA, 0.001, 256, 50),
}


@every
def test_every_training_is_as_published_and_nothing_else(name, tmp_path):
    config = compose(f"experiment={name}", outputs=tmp_path)
    train = config.train
    assert (train.loss, train.optimizer, train.learning_rate, train.batch_size, train.epochs) == TRAININGS[name]
    assert (train.split, train.schedule, train.min_steps, train.consistency) == ("train", "constant", 0, 0)
    assert not any(train.corruption.model_dump().values())
    assert (config.manifold.name, config.cluster.name, config.cluster.k) == ("none", "kmeans", 10)
    assert config.cluster.estimator["random_state"] == 42
    once = name == "conv7x7x2"
    assert config.cluster.estimator["n_init"] == (1 if once else 10)
    assert config.data.split == ("test" if once else "train")


def test_the_last_5000_images_validate_selu_transpose(tmp_path):
    train = compose("experiment=selu_transpose", outputs=tmp_path).train
    images = SimpleNamespace(part={"train": np.arange(60_000)}.get, test=np.arange(10_000))
    fitted, held = training._split(train, images)
    assert (len(fitted), held[0], held[-1]) == (55_000, 55_000, 59_999)


def test_the_elu_page_draws_the_first_5000(tmp_path):
    config = compose("experiment=cnn64_elu", outputs=tmp_path)
    wanted = {"first": 5000, "perplexity": 15.0, "learning_rate": 100, "seed": 0}
    assert config.project.arguments().items() >= wanted.items()
    assert config.neighbors.k >= 45
    assert config.report.colour_bar
    assert config.report.thumbnails == 200


def test_the_sweep_runs_every_published_set_up():
    from omegaconf import OmegaConf

    params = OmegaConf.load(write.ROOT / "conf" / "sweep" / "published.yaml").hydra.sweeper.params
    assert str(params.experiment).split(",") == [one.experiment for one in PUBLISHED] == list(TABLES)
    assert {one.experiment: one.parameters for one in PUBLISHED} == TOTALS


# Rounded accuracy


def test_rounded_accuracy_by_hand():
    target = np.array([[0.0, 0.2, 0.8, 1.0], [0.4, 0.6, 0.4, 0.6]], np.float32)
    output = np.array([[0.1, 0.6, 0.9, 0.2], [0.1, 0.9, 0.3, 0.7]], np.float32)
    np.testing.assert_allclose(rounded_accuracy(target, output), [0.5, 1.0])
    metric = RoundedAccuracy()
    metric.update_state(target, output)
    assert metric.name == "rounded_accuracy"
    assert float(metric.result()) == pytest.approx(0.75)


# The published drawings


def test_tsne_of_the_first_leaves_the_others_to_their_neighbours(blobs, recorder):
    drawn = tsne(blobs.latents, blobs.graph, n_epochs=20, first=60, observer=recorder)
    alone = Latents(blobs.latents.fitted[:60], blobs.latents.held_out, [8])
    reference = tsne(alone, exact(alone, blobs.graph.k), n_epochs=20)
    n = len(blobs.labels)
    assert (drawn.first, len(drawn.fitted), len(drawn.held_out)) == (60, n, len(blobs.held_labels))
    np.testing.assert_array_equal(drawn.fitted[:60], reference.fitted)
    np.testing.assert_array_equal(drawn.held_out, reference.held_out)
    assert recorder.notes == [f"t-SNE embeds the first 60 of {n} images; the others are placed"]
    assert tsne(blobs.latents, blobs.graph, n_epochs=4, first=n).first is None


def test_the_colour_bar_has_a_step_a_class_with_its_name_amid():
    points = np.random.default_rng(0).normal(size=(60, 2))
    groups = np.arange(60) % 10
    groups[:5] = -1
    figure = figures.scatter_stepped(points, groups, [str(i) for i in range(10)], "Map\nn = 60")
    axes, bar = figure.axes
    assert len(axes.collections[0].get_offsets()) == 55
    assert list(bar.get_yticks()) == list(range(10))
    assert bar.get_ylim() == (-0.5, 9.5)
    colours = axes.collections[0].cmap(axes.collections[0].norm(np.arange(10)))
    assert len({tuple(colour) for colour in colours}) == 10


def test_thumbnails_lie_on_the_stepped_map():
    rng = np.random.default_rng(0)
    images = rng.random((60, 5, 7, 1))
    figure = figures.scatter_stepped(rng.normal(size=(60, 2)), np.arange(60) % 3, list("abc"), "Map\nn", images, 20)
    assert len(figure.axes[0].images) == 20


def test_the_report_draws_the_first_and_counts_each_clusters_labels():
    inputs = parts()
    inputs |= {"config": CONFIG.model_copy(update={"colour_bar": True}), "map": replace(inputs["map"], first=30)}
    made = report(**inputs)
    assert {"map_stepped", "map_stepped_thumbnails"} <= set(made.figures)
    assert "embedded the first 30 of 60 images" in made.html
    assert "Labels of its images" in made.html
    assert '<td class="words">kind 0: 20</td>' in made.html
